"""The pages' server without a browser: hand-made studies, a test client on this machine's own address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboards.app import create_app
from dashboards.shelf import Shelf
from tests.dashboards.hand_made import make_shelf


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return make_shelf("first", "second")


@pytest.fixture(scope="session")
def app(shelf: Shelf) -> Dash:
    return create_app(shelf)


@pytest.fixture
def client(app: Dash) -> Iterator[FlaskClient]:
    with app.server.test_client() as client:
        client.environ_base["HTTP_HOST"] = "127.0.0.1:8050"
        yield client
