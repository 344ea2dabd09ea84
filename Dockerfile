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
COPY common /source/common
COPY components /source/components
COPY serving /source/serving
ARG ROOM
ARG LOCK=
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

# A component: what it runs is said by who starts it.
FROM locked AS component
