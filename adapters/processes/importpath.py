"""What a child has on its ``sys.path``: the user's folders, the environment, and nothing of ours.

dill pickles functions of importable modules by reference, so what can be imported decides what
runs. Our working directory, the folder of the script that was started, and the folders of this
package and its checkout must not be there: `tests`, `domain`, `adapters` or `entrypoints` of
whoever happened to start the worker would shadow the user's own.
"""

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parents[2]  # as imported: through the links of a checkout, or installed
_REAL_PACKAGE = Path(os.path.realpath(__file__)).parents[2]  # the checkout itself, where it is one


def of_this_process(extra: tuple[str, ...]) -> list[str]:
    """Return the path for the children of this process, ``extra`` folders first."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    ignored = sys.flags.ignore_environment
    return child_path(
        extra=extra,
        environment="" if ignored else os.environ.get("PYTHONPATH", ""),
        inherited=sys.path,
        unwanted=[os.getcwd(), str(_PACKAGE), str(_REAL_PACKAGE)]  # noqa: PTH109 - as in sys.path
        + ([os.path.dirname(script)] if script else []),  # noqa: PTH120 - as in sys.path
    )


def child_path(
    *, extra: tuple[str, ...], environment: str, inherited: list[str], unwanted: list[str]
) -> list[str]:
    """Return ``extra``, the folders of ``environment``, then ``inherited`` less ``unwanted``.

    ``environment`` is the text of PYTHONPATH. What the operator named stays, wherever it lies.
    """
    folders = [folder for folder in (*extra, *environment.split(os.pathsep)) if folder]
    named = [os.path.abspath(folder) for folder in folders]  # noqa: PTH100 - links stay links
    dropped = {os.path.realpath(folder) for folder in unwanted}
    rest = [
        folder
        for folder in inherited
        if folder and os.path.isabs(folder) and os.path.realpath(folder) not in dropped  # noqa: PTH117
    ]
    return list(dict.fromkeys([*named, *rest]))
