"""The least that HTTP costs: a Starlette app on uvicorn, uvloop and httptools around our scorer."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import sentiment_models


def app(folder: str) -> Starlette:
    """Returns an app that answers ``POST /predict`` as our service does, and checks nothing."""
    predictor = sentiment_models.load(folder)

    async def predict(request: Request) -> JSONResponse:
        body = await request.json()
        rows = predictor.predict_proba([body["text"]]).tolist()
        predictions = []
        for row in rows:
            probabilities = dict(zip(predictor.labels, row, strict=True))
            label = max(probabilities, key=probabilities.__getitem__)
            predictions.append({"label": label, "probabilities": probabilities})
        return JSONResponse({"predictions": predictions, "model": {"name": predictor.name}})

    return Starlette(routes=[Route("/predict", predict, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(
        app(sys.argv[1]),
        port=int(sys.argv[2]), loop="uvloop", http="httptools", access_log=False,
    )  # fmt: skip
