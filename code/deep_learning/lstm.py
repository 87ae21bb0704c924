"""An LSTM cell from its equations, and classifiers that read words in order, or not.

Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997; the forget gate is of Gers,
Schmidhuber and Cummins, "Learning to Forget", Neural Computation 12(10), 2000.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from deep_learning.vocabulary import PAD, Vocabulary, pad

State = tuple[Tensor, Tensor]  # h and c, each (B, H)
KINDS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class LSTMCell(nn.Module):
    """One step of an LSTM. Parameters are named and ordered as nn.LSTMCell's, so that weights can be copied.

    Two bias vectors are redundant; they are kept because PyTorch has them.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        bound = hidden_size**-0.5  # PyTorch's default: uniform in [-1/sqrt(H), 1/sqrt(H)]

        def parameter(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.hidden_size = hidden_size
        self.weight_ih = parameter(4 * hidden_size, input_size)
        self.weight_hh = parameter(4 * hidden_size, hidden_size)
        self.bias_ih = parameter(4 * hidden_size)
        self.bias_hh = parameter(4 * hidden_size)

    def forward(self, x: Tensor, state: State) -> State:
        """Return the next (h, c), each (B, H), for inputs x (B, E)."""
        h, c = state
        gates = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh  # (B, 4H)
        i, f, g, o = gates.chunk(4, dim=1)  # input gate, forget gate, candidate, output gate
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return h, c


def lstm(cell: LSTMCell, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, State]:
    """Run the cell over x (B, T, E) from a zero state; return all h (B, T, H) and the last state.

    With lengths (B,), a sequence's state stands still after its end, and its h are zero there, as
    pad_packed_sequence gives them. Raises ValueError for a length below 1 or above T.
    """
    batch, steps, _ = x.shape
    if lengths is None:
        lengths = torch.full((batch,), steps)
    check_lengths(lengths, steps)
    h = c = x.new_zeros(batch, cell.hidden_size)
    outputs = []
    for t in range(steps):
        alive = (t < lengths)[:, None]  # (B, 1)
        next_h, next_c = cell(x[:, t], (h, c))
        h, c = torch.where(alive, next_h, h), torch.where(alive, next_c, c)
        outputs.append(h * alive)
    return torch.stack(outputs, dim=1), (h, c)


def check_lengths(lengths: Tensor, steps: int) -> None:
    """Raise ValueError unless every length is between 1 and the number of steps."""
    if lengths.min() < 1 or lengths.max() > steps:
        raise ValueError(f"lengths must be 1 to {steps}, but go from {lengths.min()} to {lengths.max()}")


class SequenceClassifier(nn.Module):
    """Reads a review word by word and classifies it by the state after the last one."""

    def __init__(
        self,
        vocabulary_size: int,
        kind: str = "lstm",
        embedding: int = 16,
        hidden: int = 32,
        classes: int = 2,
        last: str = "packed",
    ):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}, not {kind!r}")
        if last not in ("packed", "position"):
            raise ValueError(f'last is "packed" or "position", not {last!r}')
        self.last = last
        self.embedding = nn.Embedding(vocabulary_size, embedding, padding_idx=PAD)
        self.recurrent = KINDS[kind](embedding, hidden, batch_first=True)
        self.output = nn.Linear(hidden, classes)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits (B, 2) of ids (B, T). Raises ValueError for lengths outside 1..T."""
        check_lengths(lengths, ids.shape[1])
        words = self.embedding(ids)  # (B, T, E)
        if self.last == "position":  # the usual mistake: for all but the longest review this is padding
            outputs, _ = self.recurrent(words)
            return self.output(outputs[:, -1])
        packed = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
        _, state = self.recurrent(packed)
        h = state[0] if isinstance(state, tuple) else state  # an LSTM returns (h, c); h is (1, B, H)
        return self.output(h[0])


class MeanEmbedding(nn.Module):
    """Averages the embeddings of a review's words, in whatever order they come.

    The deep averaging network of Iyyer, Manjunatha, Boyd-Graber and Daumé III (ACL 2015) with one hidden layer.
    """

    def __init__(self, vocabulary_size: int, embedding: int = 16, hidden: int = 32, classes: int = 2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding, padding_idx=PAD)
        self.hidden = nn.Linear(embedding, hidden)
        self.output = nn.Linear(hidden, classes)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits (B, 2) of ids (B, T). Raises ValueError for lengths outside 1..T."""
        check_lengths(lengths, ids.shape[1])
        # floating-point sums depend on the order of their terms: sorted, equal words give equal bits
        ids = ids.sort(dim=1, descending=True).values  # PAD is 0, so it stays last
        mean = self.embedding(ids).sum(1) / lengths[:, None]  # PAD's embedding is zero: (B, E)
        return self.output(self.hidden(mean).relu())


@torch.no_grad()
def predict(model: nn.Module, vocabulary: Vocabulary, text: str) -> float:
    """Return the probability that a review is positive.

    Raises EmptyReview or NoEvidence where there is nothing to judge by.
    """
    model.eval()
    ids, lengths = pad([vocabulary.encode(text)])  # (1, T), (1,)
    return model(ids, lengths).softmax(1)[0, 1].item()
