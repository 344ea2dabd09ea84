"""What a person wants to have run, and how the command ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_pipelines import outside, parameters
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.graph import TRAINING

EXIT_DONE, EXIT_BUG, EXIT_REFUSED = 0, 1, 3


@dataclass(frozen=True)
class Order:
    """What a person wants to have run.

    Attributes:
        compiled: The compiled pipeline.
        assignments: ``name=value``, which win over the parameters file.
        params: The parameters file; what it says of parameters that the pipeline has not is passed
            over, as it is one file for all pipelines.
    """

    compiled: Path = TRAINING
    assignments: Sequence[str] = ()
    params: Path = ROOT / "params.yaml"

    def parameters(self) -> dict[str, Any]:
        """Returns the parameters of a run; those that name files name them from the root.

        Raises:
            InputError: There is no such parameter, or its value is of another type.
        """
        given = parameters.read(self.params, self.assignments, self.compiled)
        declared = parameters.declared(self.compiled)
        for name, value in outside.DEFAULTS.items():
            if name in declared:
                given.setdefault(name, value)
        return {name: parameters.absolute(name, value) for name, value in given.items()}
