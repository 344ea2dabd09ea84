"""What the loop needs of the system."""

from tests.system.conftest import monitoring_tools

__all__ = ["monitoring_tools"]
