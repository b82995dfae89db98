"""What Lecture 6 says of its optimizers: two forms of one rule, signs, scales, kinds of decay."""

import math
import random

import pytest
from test_optimizers_by_hand import walk

from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, Adam, AdamW, schedules


def tensor(data):
    return Tensor(data, requires_grad=True)


def test_momentum_is_the_lectures_under_any_schedule():
    schedule = schedules.cosine_annealing(0.1, 50)
    x, theta, g = Value(2.0), 2.0, 0.0
    optimizer = SGD([x], lr=schedule, momentum=0.9)
    for i in range(60):
        x.grad = math.sin(x.data) + 0.3
        optimizer.step()
        g = (math.sin(theta) + 0.3) + 0.9 * g
        theta = theta - schedule(i) * g
        assert x.data == pytest.approx(theta, abs=1e-14)


def test_momentum_weights_past_gradients_by_one_over_one_minus_mu_in_all():
    x = Value(0.0)
    optimizer = SGD([x], lr=1.0, momentum=0.75)
    for step in range(200):
        x.grad = 1.0 if step == 0 else 0.0
        optimizer.step()
    assert -x.data == pytest.approx(1 / (1 - 0.75))


def test_nesterovs_theta_here_is_the_lectures_lookahead_point():
    alpha, mu = 0.05, 0.9
    x, theta, g = Value(2.0), 2.0, 0.0
    optimizer = SGD([x], lr=alpha, momentum=mu, nesterov=True)
    for _ in range(100):
        x.grad = math.sin(x.data) + x.data
        optimizer.step()
        ahead = theta - alpha * mu * g
        g = math.sin(ahead) + ahead + mu * g
        theta = theta - alpha * g
        assert x.data == pytest.approx(theta - alpha * mu * g, abs=1e-13)


def test_adam_with_betas_and_eps_zero_is_sign_descent():
    rng = random.Random(1)
    x, expected = tensor([0.0] * 20), [0.0] * 20
    optimizer = Adam([x], lr=0.1, betas=(0.0, 0.0), eps=0.0)
    for _ in range(10):
        g = [rng.gauss(0, 1) * 10 ** rng.uniform(-9, 9) for _ in range(20)]
        x.grad = Array(g, (20,))
        optimizer.step()
        expected = [p - 0.1 * math.copysign(1.0, d) for p, d in zip(expected, g, strict=True)]
        assert x.tolist() == expected


def test_adams_first_step_is_lr_times_the_sign():
    for g in (1e-3, -7.0, 1e6):
        x = Value(0.0)
        assert walk(Adam([x], lr=0.1, eps=0.0), x, g) == [-math.copysign(0.1, g)]


@pytest.mark.parametrize("amsgrad", [False, True])
def test_scaling_the_loss_by_1024_changes_no_bit_of_adams_path_without_eps(amsgrad):
    paths = []
    for scale in (1.0, 1024.0):
        rng, x = random.Random(3), tensor([1.0, -2.0, 0.5])
        optimizer = Adam([x], lr=0.01, eps=0.0, amsgrad=amsgrad)
        for _ in range(50):
            x.grad = Array([scale * rng.gauss(0, 1) for _ in range(3)], (3,))
            optimizer.step()
        paths.append(x.tolist())
    assert paths[0] == paths[1]


@pytest.mark.parametrize("cls", [SGD, Adam])
def test_l2_regularization_is_weight_decay_of_two_lambda(cls):
    lam, x, y = 0.15, tensor([1.0, -2.0]), tensor([1.0, -2.0])
    regularized, decaying = cls([x], lr=0.05), cls([y], lr=0.05, weight_decay=2 * lam)
    for _ in range(30):
        for p, optimizer, penalty in ((x, regularized, lam), (y, decaying, 0.0)):
            optimizer.zero_grad()
            (p.sin().sum() + penalty * (p * p).sum()).backward()
            optimizer.step()
    assert x.tolist() == pytest.approx(y.tolist(), abs=1e-13)


def test_the_lectures_weight_decay_is_l2_with_a_smaller_rate_for_sgd():
    alpha, shrink = 0.1, 0.02
    x, theta = Value(3.0), 3.0
    rate = (1 - shrink) * alpha
    optimizer = SGD([x], lr=rate, weight_decay=shrink / rate)
    for _ in range(50):
        x.grad = math.sin(x.data)
        optimizer.step()
        theta = (1 - shrink) * (theta - alpha * math.sin(theta))
        assert x.data == pytest.approx(theta, abs=1e-14)


def test_l2_and_decoupled_decay_agree_for_sgd_but_not_for_adam():
    x, y = Value(1.0), Value(1.0)
    l2, decoupled = Adam([x], lr=0.1, weight_decay=0.5), AdamW([y], lr=0.1, weight_decay=0.5)
    for _ in range(5):
        x.grad = y.grad = 1.0
        l2.step()
        decoupled.step()
    assert y.data < x.data - 0.1
