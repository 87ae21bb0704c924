"""The LSTM from its equations against PyTorch's, and what padding and word order may and may not change."""

import math

import pytest
import torch
from torch import nn

from deep_learning.lstm import LSTMCell, MeanEmbedding, SequenceClassifier, lstm, predict
from deep_learning.training import accuracy, train
from deep_learning.twins import mirrored_twins
from deep_learning.vocabulary import PAD, EmptyReview, NoEvidence, Vocabulary, encode_twins, pad

E, H, B, T = 5, 7, 4, 25
KINDS = ("rnn", "gru", "lstm")
TWINS = mirrored_twins(0, train=800, validation=80, test=200)
VOCABULARY = Vocabulary.build(TWINS.train.texts)
SPLIT = encode_twins(TWINS, VOCABULARY)


def cell_and_oracle(seed=0):
    """Make our cell and nn.LSTM with the same weights."""
    torch.manual_seed(seed)
    cell, oracle = LSTMCell(E, H), nn.LSTM(E, H, batch_first=True)
    oracle.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    return cell, oracle


def classifiers(seed=0):
    """Make one classifier of each kind for a vocabulary of 20."""
    torch.manual_seed(seed)
    return [SequenceClassifier(20, kind) for kind in KINDS]


@pytest.mark.formula("word-order#eq-lstm")
def test_gates_by_hand():
    """One step with one unit is the gate equations in the order i, f, g, o, computed with math alone."""
    cell = LSTMCell(1, 1).double()
    w, u, b = (0.5, -1.0, 2.0, 0.25), (1.5, 0.5, -0.5, 1.0), (0.1, 0.2, -0.3, 0.4)
    values = {"weight_ih": w, "weight_hh": u, "bias_ih": b, "bias_hh": (0.0,) * 4}
    cell.load_state_dict(
        {name: torch.tensor(value, dtype=torch.float64).reshape(cell.state_dict()[name].shape) for name, value in values.items()}
    )
    x, h, c = 0.7, -0.2, 0.9
    i, f, g, o = (w[k] * x + u[k] * h + b[k] for k in range(4))
    next_c = sigmoid(f) * c + sigmoid(i) * math.tanh(g)
    next_h = sigmoid(o) * math.tanh(next_c)
    got = cell(torch.tensor([[x]], dtype=torch.float64), tuple(torch.tensor([[v]], dtype=torch.float64) for v in (h, c)))
    assert [value.item() for value in got] == pytest.approx([next_h, next_c], rel=1e-12)


def sigmoid(z):
    """The logistic function of a float."""
    return 1 / (1 + math.exp(-z))


def test_cell_loads_nn_lstmcell():
    """The weights of nn.LSTMCell load without renaming, and one step is the same."""
    oracle, cell = nn.LSTMCell(E, H), LSTMCell(E, H)
    cell.load_state_dict(oracle.state_dict())
    x, state = torch.randn(B, E), (torch.randn(B, H), torch.randn(B, H))
    torch.testing.assert_close(cell(x, state), oracle(x, state))


@pytest.mark.formula("word-order#eq-lstm")
def test_lstm_equals_nn_lstm():
    """Outputs and last state over 25 steps differ from nn.LSTM's by less than 1e-6."""
    cell, oracle = cell_and_oracle()
    x = torch.randn(B, T, E)
    outputs, (h, c) = lstm(cell, x)
    want, (want_h, want_c) = oracle(x)
    for got, expected in ((outputs, want), (h, want_h[0]), (c, want_c[0])):
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)


@pytest.mark.formula("word-order#eq-lstm")
def test_parameter_gradients_equal_nn_lstm():
    """Gradients differ by less than 1e-5 of their size.

    A gradient sums 25 steps of 4 sequences in another order than PyTorch does, so the rounding errors grow with
    its size: an absolute tolerance would mean nothing.
    """
    cell, oracle = cell_and_oracle()
    x, direction = torch.randn(B, T, E), torch.randn(B, T, H)
    (lstm(cell, x)[0] * direction).sum().backward()
    (oracle(x)[0] * direction).sum().backward()
    for name, parameter in cell.named_parameters():
        want = getattr(oracle, f"{name}_l0").grad
        assert (parameter.grad - want).norm() < 1e-5 * want.norm(), name


def test_lstm_with_lengths_equals_packing():
    """With lengths, outputs are zero after each end and the state is that of the last word, as packing gives."""
    cell, oracle = cell_and_oracle()
    x, lengths = torch.randn(B, T, E), torch.tensor([25, 1, 12, 24])
    outputs, (h, c) = lstm(cell, x, lengths)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    want, (want_h, want_c) = oracle(packed)
    want, _ = nn.utils.rnn.pad_packed_sequence(want, batch_first=True)
    for got, expected in ((outputs, want), (h, want_h[0]), (c, want_c[0])):
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)


def test_padding_changes_nothing():
    """Five more columns of padding leave the logits of every kind and of the mean as they were."""
    ids, lengths = pad([[3, 4, 5], [6], [7, 8, 9, 2, 3]])
    wider, _ = pad([[3, 4, 5], [6], [7, 8, 9, 2, 3]], width=10)
    for model in [*classifiers(), MeanEmbedding(20)]:
        torch.testing.assert_close(model(wider, lengths), model(ids, lengths), rtol=0, atol=1e-6)


def test_neighbours_in_the_batch_change_nothing():
    """A review has the same logits alone and beside a longer one."""
    together, lengths = pad([[3, 4, 5], [7, 8, 9, 2, 3]])
    alone, length = pad([[3, 4, 5]])
    for model in [*classifiers(), MeanEmbedding(20)]:
        torch.testing.assert_close(model(together, lengths)[:1], model(alone, length), rtol=0, atol=1e-6)


def test_last_position_reads_padding():
    """The usual mistake, out[:, -1], gives other logits as soon as there is padding, and equal ones without."""
    torch.manual_seed(0)
    packed = SequenceClassifier(20)
    mistaken = SequenceClassifier(20, last="position")
    mistaken.load_state_dict(packed.state_dict())
    ids, lengths = pad([[3, 4, 5]])
    wider, _ = pad([[3, 4, 5]], width=8)
    torch.testing.assert_close(mistaken(ids, lengths), packed(ids, lengths))
    assert (mistaken(wider, lengths) - packed(wider, lengths)).abs().max() > 1e-3


def test_classifier_is_the_scratch_lstm():
    """The LSTM classifier's logits are those of our cell, unrolled, and the output layer."""
    torch.manual_seed(0)
    model = SequenceClassifier(20)
    cell = LSTMCell(16, 32)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.recurrent.state_dict().items()})
    ids, lengths = pad([[3, 4, 5], [6], [7, 8, 9, 2, 3]])
    _, (h, _) = lstm(cell, model.embedding(ids), lengths)
    torch.testing.assert_close(model(ids, lengths), model.output(h), rtol=0, atol=1e-6)


@pytest.mark.formula("word-order#eq-theorem")
def test_mean_embedding_cannot_see_order():
    """Permuted words give the same logits to the last bit, and a trained mean embedding gets one of two twins."""
    run = train(lambda: MeanEmbedding(len(VOCABULARY)), SPLIT, epochs=1)
    ids, lengths, _ = SPLIT.test
    mixed = ids.clone()
    for row, length in zip(mixed, lengths, strict=True):
        row[:length] = row[:length][torch.randperm(int(length))]
    assert not torch.equal(ids, mixed)
    assert torch.equal(run.model(ids, lengths), run.model(mixed, lengths))
    assert run.accuracy == accuracy(run.model, SPLIT.validation) == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_networks_can_see_order(kind):
    """Reversed words give other logits."""
    torch.manual_seed(0)
    model = SequenceClassifier(20, kind)
    there, back = (model(*pad([ids])) for ids in ([3, 4, 5, 6], [6, 5, 4, 3]))
    assert not torch.allclose(there, back)


def test_gru_learns_the_twins():
    """A GRU passes the ceiling of trigrams, 3/4, on the whole corpus of twins."""
    run = train(lambda: SequenceClassifier(len(VOCABULARY), "gru"), SPLIT, epochs=8, learning_rate=1e-2, clip=1.0)
    assert run.accuracy > 0.9


@pytest.mark.parametrize("wrong", [[0, 3], [4, 3]])
def test_lengths_are_checked(wrong):
    """A length of 0, or beyond the width, raises ValueError in the unrolled LSTM and in every classifier."""
    ids, lengths = torch.full((2, 3), 5), torch.tensor(wrong)
    for model in [*classifiers(), MeanEmbedding(20)]:
        with pytest.raises(ValueError, match=f"lengths must be 1 to 3, but go from {min(wrong)} to {max(wrong)}"):
            model(ids, lengths)
    with pytest.raises(ValueError, match="lengths must be 1 to 3"):
        lstm(LSTMCell(E, H), torch.zeros(2, 3, E), lengths)


def test_unknown_options_are_refused():
    """A kind or a way to find the last word that does not exist raises ValueError with those that do."""
    with pytest.raises(ValueError, match="kind is one of rnn, gru, lstm, not 'transformer'"):
        SequenceClassifier(20, "transformer")
    with pytest.raises(ValueError, match='last is "packed" or "position", not \'first\''):
        SequenceClassifier(20, last="first")


def test_predict_gives_a_probability():
    """predict's probability is the softmax of the model's logits for class 1, with dropout off."""
    torch.manual_seed(0)
    model = SequenceClassifier(len(VOCABULARY))
    text = TWINS.test.texts[0]
    negative, positive = model(*pad([VOCABULARY.encode(text)]))[0].tolist()
    assert predict(model, VOCABULARY, text) == pytest.approx(sigmoid(positive - negative), rel=1e-5)


def test_predict_refuses_to_guess():
    """An empty review and one of unknown words only are refused; they get no class."""
    model = MeanEmbedding(len(VOCABULARY))
    with pytest.raises(EmptyReview):
        predict(model, VOCABULARY, " ")
    with pytest.raises(NoEvidence):
        predict(model, VOCABULARY, "zyzzyva quux")


def test_padding_is_embedded_as_zero():
    """The mean is over words alone: PAD's embedding is zero and stays so in training."""
    run = train(lambda: MeanEmbedding(len(VOCABULARY)), SPLIT, epochs=1)
    assert not run.model.embedding.weight[PAD].any()
