"""Compare logged training runs: one command, one self-contained HTML report."""

__version__ = "0.1.0"

__all__ = ["__version__"]
