"""Optimizers: gradient descent and what came of it, each one formula on one screen.

    optimizer = optim.Adam(model.parameters(), lr=optim.schedules.cosine_annealing(1e-3, 500))
    for x, y in batches:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

Read `sgd.py`, `adam.py` and `lecture.py` for the formulas, `optimizer.py` for what they share.
"""

from . import lr_scheduler, schedules
from .adafactor import Adafactor
from .adam import Adam, AdamW
from .adam_variants import Adamax, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .asgd import ASGD
from .averaging import AveragedModel, get_ema_avg_fn, get_swa_avg_fn, update_bn
from .weight_decay import LectureAdam, LectureSGD
from .layerwise import LAMB, LARS
from .lbfgs import LBFGS
from .lecture import LectureNesterov, NormalizedSGD, SignSGD
from .lion import Lion
from .lookahead import Lookahead
from .muon import Muon
from .newton import Newton
from .base.optimizer import Optimizer
from .rprop import Rprop
from .sam import SAM
from .linear_scaling import linear_scaling
from .schedule_free import ScheduleFreeSGD
from .sgd import SGD

__all__ = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "AveragedModel", "LAMB",
    "LARS", "LBFGS", "LectureAdam", "LectureNesterov", "LectureSGD", "Lion", "Lookahead", "Muon",
    "NAdam", "Newton", "NormalizedSGD", "Optimizer", "RAdam", "RMSprop", "Rprop", "SAM", "SGD",
    "ScheduleFreeSGD", "SignSGD", "get_ema_avg_fn", "get_swa_avg_fn", "linear_scaling",
    "lr_scheduler", "schedules", "update_bn",
]  # fmt: skip
