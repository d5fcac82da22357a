"""Templates and the browser bundle are found in a checkout and in an installed package."""

import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from rundiff import resources


def test_checkout_serves_its_own_folders(repository: Path) -> None:
    assert resources.resource_root() == repository
    assert resources.template_folder() == repository / "templates"


def test_installed_package_serves_the_folders_beside_the_module(tmp_path: Path) -> None:
    """As in a wheel: the module, `templates/` and `assets/dist/` lie in one folder."""
    package = tmp_path / "rundiff"
    (package / "templates").mkdir(parents=True)
    (package / "assets" / "dist").mkdir(parents=True)
    (package / "assets" / "dist" / "rundiff.css").write_bytes("a { content: '×\r\n' }".encode())
    copy = shutil.copy(resources.__file__, package)
    spec = spec_from_file_location("installed_resources", copy)
    assert spec is not None
    assert spec.loader is not None
    installed = module_from_spec(spec)
    spec.loader.exec_module(installed)

    assert installed.resource_root() == package
    assert installed.template_folder() == package / "templates"
    assert installed.load_asset("rundiff.css") == "a { content: '×\r\n' }"
