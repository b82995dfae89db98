"""Fine-tuning: a net that knows the digits 0 to 4 learns 5 to 9 from twenty images.

SLIDE     Tuning the optimization
WHAT      "These days, people are often fine tuning large pretrained models using small α." The
          state of a net that was trained on 0 to 4 is saved and loaded. Then all of it learns on,
          or its first layer is frozen; its last layer, the head, is kept, or a new one takes its
          place.
FORMULA   θ ← θ − α · Adam's step;  frozen: requires_grad = False, which every optimizer skips
PREDICT   Twenty images of 5 to 9, forty epochs. Which way is best on new images of 5 to 9, and is
          the one from scratch last? Which of them still knows 0 to 4?
NOTICE    Best is a new head on the old layers, all of it trained on: 84.8 % of 296 new images, from
          scratch 76.4 %. The frozen layer is worst of those that forget everything: its strokes are
          those of 0 to 4. The old head first has to unlearn: it begins at a loss of 14, since it
          has never seen a 5. The small rate is slowest, and alone keeps 62 % of what the net knew:
          a small α moves little, for good and bad.
EXERCISE  exercises/fine_tuning.py: freeze one layer, slow down another.

    python examples/14_fine_tuning.py [FOLDER]    draws fine_tuning.png (into runs/ else)
"""

import json
import random

import micrograd_opt as mo
from page import save

x, labels = mo.data.load_digits().tensors
old = [i for i, digit in enumerate(labels.tolist()) if digit < 5]
new = [i for i, digit in enumerate(labels.tolist()) if digit >= 5]
rows = {"0 to 4": old[:500], "5 to 9": new[:20], "validation": new[20:80],
        "test 0 to 4": old[600:], "test 5 to 9": new[600:]}  # fmt: skip
sets = {name: mo.data.TensorDataset(x[i], labels[i]) for name, i in rows.items()}
loss_fn = mo.functional.cross_entropy


def net():
    return mo.nn.MLP(64, [64, 10], rng=random.Random(0))


def train(model, name, alpha, epochs):
    optimizer = mo.optim.Adam(model.parameters(), lr=alpha)
    return mo.fit(model, loss_fn, optimizer, sets[name], val=sets["validation"], epochs=epochs,
                  batch_size=10, progress=False)  # fmt: skip


pretrained = net()
train(pretrained, "0 to 4", 0.01, epochs=8)
saved = json.dumps(pretrained.state_dict())  # what a file would hold


def tuned(alpha, new_head=False, frozen=False):
    """(History, model) of the pretrained net after forty epochs on 5 to 9."""
    model = net()
    model.load_state_dict(json.loads(saved))
    if new_head:
        model.layers[1].load_state_dict(mo.nn.Linear(64, 10, rng=random.Random(5)).state_dict())
    for p in model.layers[0].parameters():
        p.requires_grad = not frozen
    return train(model, "5 to 9", alpha, epochs=40), model


def scratch(alpha):
    model = net()
    return train(model, "5 to 9", alpha, epochs=40), model


runs = {
    "from scratch, α 0.01": scratch(0.01),
    "new head, frozen first layer": tuned(0.02, new_head=True, frozen=True),
    "new head, α 0.01": tuned(0.01, new_head=True),
    "old head, α 0.01": tuned(0.01),
    "old head, α 0.003": tuned(0.003),
}
print(f"{'on images that it never saw:':30} {'loss 5–9':>9} {'right 5–9':>10} {'right 0–4':>10}")
for name, (_, model) in runs.items():
    loss, fresh = mo.evaluate(model, loss_fn, sets["test 5 to 9"])
    _, kept = mo.evaluate(model, loss_fn, sets["test 0 to 4"])
    print(f"{name:30} {loss:9.3f} {fresh:10.1%} {kept:10.1%}")

figure = mo.plot.curves(*[history for history, _ in runs.values()], labels=list(runs))
save(figure, "fine_tuning.png")
