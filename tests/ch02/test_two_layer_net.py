"""The older edition: the four ways give one run, and the custom ReLU is really used."""

from pathlib import Path
from typing import Any

import pytest

from common.autograd import Tensor
from common.np import Array, np
from tests.chapters import Run

PAGES = [
    "two_layer_net_numpy",
    "two_layer_net_tensor",
    "two_layer_net_autograd",
    "two_layer_net_custom_function",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_learns_its_640_numbers_by_heart(
    run: Run, page: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    losses = run(page)["losses"]
    assert 1e7 < losses[0] < 1e8
    assert losses[-1] < 1e-3
    lines = [line for line in capsys.readouterr().out.splitlines() if line[0].isdigit()]
    assert [line.split()[0] for line in lines] == [str(t) for t in range(500)]
    assert (tmp_path / f"ch02_{page}.png").exists()


def test_one_seed_gives_one_run_on_all_four_pages(run: Run) -> None:
    runs = [run(page, "--seed", "5", "--steps", "100")["losses"] for page in PAGES]
    for other in runs[1:]:
        np.testing.assert_allclose(other, runs[0], rtol=1e-4)


def test_doubling_the_backward_of_the_custom_relu_doubles_dw1(run: Run) -> None:
    names = run("two_layer_net_custom_function", "--steps", "1")
    relu: Any = names["MyReLU"]

    class Doubled(relu):  # type: ignore[misc]
        def backward(self, dout: Array) -> Array:
            return 2 * super().backward(dout)

    def gradients(relu: Any) -> tuple[Array | None, Array | None]:
        w1, w2 = (Tensor(names[name].data, requires_grad=True) for name in ("w1", "w2"))
        ((relu(names["x"] @ w1) @ w2 - names["y"]) ** 2).sum().backward()
        return w1.grad, w2.grad

    (dw1, dw2), (doubled_dw1, same_dw2) = gradients(relu()), gradients(Doubled())
    assert dw1 is not None
    np.testing.assert_array_equal(doubled_dw1, 2 * dw1)
    np.testing.assert_array_equal(same_dw2, dw2)
