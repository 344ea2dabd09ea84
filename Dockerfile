# Every image of the house, built from the root of the repository. `make images` builds them all, with
# labels; one by itself:
#   docker build --build-arg ROOM=components/ingest --tag sentiment-ingest:VERSION .
#   docker build --build-arg ROOM=serving --target service --tag sentiment-serving:VERSION .
# Behind a private index or certificate authority add
#   --secret id=pip,src=pip.conf --secret id=ca,src=ca.pem
# What goes in is said by the room's pyproject.toml and lock. `make base-image` makes the base without
# a registry; where there is one, python:3.11-slim-trixie does as well.
ARG BASE=sentiment-base:3.11-trixie

# uv, pinned: it is mounted where it is needed and stays behind.
FROM ${BASE} AS tools
COPY pipelines/bootstrap.lock /tmp/
RUN --mount=type=secret,id=pip,target=/run/secrets/pip,required=false \
    --mount=type=secret,id=ca,target=/run/secrets/ca,required=false \
    python3 -m venv /opt/tools && PIP_CONFIG_FILE=/run/secrets/pip \
    PIP_CERT="$(ls /run/secrets/ca 2>/dev/null || true)" /opt/tools/bin/pip install --no-cache-dir \
      --disable-pip-version-check --require-hashes --requirement /tmp/bootstrap.lock
COPY pipelines/src/sentiment_pipelines/images/install.py /opt/tools/

# A lock per layer, and the code: a layer is made anew only when its own part has changed.
FROM tools AS parts
ARG ROOM
ARG LOCK=
COPY common /source/common
COPY ${ROOM} /source/${ROOM}
RUN python3 /opt/tools/install.py parts "/source/${ROOM}" /parts ${LOCK}

FROM ${BASE} AS locked
RUN echo 'sentiment:x:10001:10001::/tmp:/usr/sbin/nologin' >>/etc/passwd && \
    echo 'sentiment:x:10001:' >>/etc/group
# What is large and equal in most images comes first: they share these layers.
RUN --mount=type=tmpfs,target=/run \
    --mount=type=bind,from=tools,source=/opt/tools,target=/run/tools \
    --mount=type=bind,from=parts,source=/parts/tensorflow.lock,target=/run/part.lock \
    --mount=type=cache,id=sentiment-uv,target=/run/uv \
    --mount=type=secret,id=pip,target=/run/secrets/pip,required=false \
    --mount=type=secret,id=ca,target=/run/secrets/ca,required=false \
    python3 /run/tools/install.py lock /run/part.lock
RUN --mount=type=tmpfs,target=/run \
    --mount=type=bind,from=tools,source=/opt/tools,target=/run/tools \
    --mount=type=bind,from=parts,source=/parts/arrays.lock,target=/run/part.lock \
    --mount=type=cache,id=sentiment-uv,target=/run/uv \
    --mount=type=secret,id=pip,target=/run/secrets/pip,required=false \
    --mount=type=secret,id=ca,target=/run/secrets/ca,required=false \
    python3 /run/tools/install.py lock /run/part.lock
RUN --mount=type=tmpfs,target=/run \
    --mount=type=bind,from=tools,source=/opt/tools,target=/run/tools \
    --mount=type=bind,from=parts,source=/parts/rest.lock,target=/run/part.lock \
    --mount=type=cache,id=sentiment-uv,target=/run/uv \
    --mount=type=secret,id=pip,target=/run/secrets/pip,required=false \
    --mount=type=secret,id=ca,target=/run/secrets/ca,required=false \
    python3 /run/tools/install.py lock /run/part.lock
COPY LICENSE /usr/share/licenses/sentiment/LICENSE
# The code comes last: a change of it is a build of seconds and a push of kilobytes.
COPY --from=parts /parts/sentiment /opt/sentiment
ENV PATH=/opt/sentiment/bin:/opt/venv/bin:$PATH HOME=/tmp \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /tmp
ENTRYPOINT []

# The service serves what is mounted at /model, or what SENTIMENT_MODEL names (a registered model:
# give MLFLOW_TRACKING_URI too), to those who have a key of SENTIMENT_API_KEYS; SENTIMENT_OPEN=true
# asks for none. `serve` as its command is SageMaker's contract: /opt/ml/model on port 8080. It
# writes to /tmp alone:
#   docker run --read-only --tmpfs /tmp --publish 3000:3000 --volume "$PWD/model:/model:ro" \
#     --env SENTIMENT_API_KEYS sentiment-serving:VERSION
# To put a bundle into the image, name its folder; bundles that are not linear need TensorFlow's
# lock too:
#   --build-arg MODEL=var/bentoml/bentos/sentiment/0123456789ab/src/sentiment_bundle
#   --build-arg LOCK=requirements-tensorflow.lock
FROM tools AS model
ARG MODEL=
RUN --mount=type=bind,target=/context \
    mkdir /model && if [ -n "${MODEL}" ]; then cp -R "/context/${MODEL}/." /model/; fi && \
    chmod -R a+rX /model

FROM locked AS service
COPY --from=model /model /model
ENV SENTIMENT_MODEL=/model
# Nothing in here reports to its makers.
ENV BENTOML_DO_NOT_TRACK=True ORT_DISABLE_TELEMETRY=1
EXPOSE 3000 8080
CMD ["sentiment-serve", "run", "--host", "0.0.0.0"]

# To develop the service in a cluster: `skaffold dev` writes what changes to /tmp/code, from where it
# runs and is started anew. Bytecode is left out: in this image it is not looked at twice.
FROM service AS service-dev
USER 0
RUN cp -R /opt/sentiment /opt/code && find /opt/code -name __pycache__ -prune -exec rm -rf {} +
USER 10001
ENV PYTHONPATH=/tmp/code
CMD ["sh", "-c", "cp -R /opt/code /tmp/ && exec watchfiles --target-type command --filter python \
     'sentiment-serve run --host 0.0.0.0' /tmp/code"]

# What starts runs and decides about retraining, for a CronJob or a recurring run: the files of the
# repository that it reads lie where SENTIMENT_ROOT says, its state where SENTIMENT_VAR says, on a
# volume that is kept. Nothing else is written to:
#   docker run --read-only --tmpfs /tmp --volume state:/state sentiment-pipelines:VERSION \
#     sentiment-pipelines run --backend kubeflow
FROM ${BASE} AS house
COPY params.yaml /house/
COPY pipelines/pyproject.toml /house/pipelines/
COPY pipelines/compiled /house/pipelines/compiled
COPY pipelines/conf /house/pipelines/conf
COPY components /house/components
# Of a component its interface and its version; its code is in its own image.
RUN rm -rf /house/components/*/src /house/components/*/*.lock && chmod -R a+rX /house && mkdir /state

FROM locked AS control
COPY --from=house /house /opt/house
COPY --from=house --chown=10001:10001 --chmod=1777 /state /state
ENV SENTIMENT_ROOT=/opt/house SENTIMENT_VAR=/state

# A component: what it runs is said by who starts it.
FROM locked AS component
