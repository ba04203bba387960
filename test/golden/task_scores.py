"""Task prediction (paper, Algorithm 2): the sum over a continuum of each task's largest logit."""

import torch

from values import normal, random, stored

CLASSES, CONTINUUM = 2, 20


def reference():
    logits = normal(random(5), 40, 10)
    scores = logits[:CONTINUUM].reshape(CONTINUUM, -1, CLASSES).max(2).values.sum(0)
    tensors = {"logits": logits, "scores_first20": scores, "task_first20": scores.argmax().reshape(1)}
    return stored(tensors), {"classes_per_task": str(CLASSES), "p": str(CONTINUUM)}
