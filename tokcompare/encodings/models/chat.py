"""What OpenAI's chat models add to the text of messages: tokens that mark where each begins.

Source: OpenAI's cookbook, "How to count tokens with tiktoken", section 6, in its versions of 2023
(gpt-3.5-turbo-0301 and -0613) and of 2024 (the others),
https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken. It calls its numbers an
estimate, and shows for each kind of model that the API gives the same. It takes a name without a
date for the newest of its dated versions, and so does this table; it also does so for any name with
"gpt-4" in it, which is not done here, because nothing shows that it is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tokcompare.encodings.models.openai import identify_model
from tokcompare.errors import ArgumentError, with_hint


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFormat:
    """How many tokens a model adds to messages.

    Attributes:
        per_message: To each message.
        per_name: To each name that a message has.
        per_reply: Once, for the beginning of the reply.
    """

    per_message: int
    per_name: int
    per_reply: int = 3

    def overhead(
        self, labels: Iterable[tuple[str, str | None]], count: Callable[[str], int]
    ) -> int:
        """Returns the tokens of messages besides those of their contents.

        Args:
            labels: The role of each message, and its name; None for none.
            count: Returns the tokens of a role or a name.
        """
        tokens = self.per_reply
        for role, name in labels:
            tokens += self.per_message + count(role)
            if name is not None:
                tokens += self.per_name + count(name)
        return tokens


_CHATML = ChatFormat(per_message=3, per_name=1)

CHAT_FORMATS: dict[str, ChatFormat] = {
    # With a name, the model was given no role, but the cookbook counts it.
    "gpt-3.5-turbo-0301": ChatFormat(per_message=4, per_name=-1),
    **dict.fromkeys(
        (
            *("gpt-3.5-turbo", "gpt-3.5-turbo-0613", "gpt-3.5-turbo-0125"),
            *("gpt-3.5-turbo-16k-0613", "gpt-4", "gpt-4-0314", "gpt-4-0613"),
            *("gpt-4-32k-0314", "gpt-4-32k-0613", "gpt-4o", "gpt-4o-2024-08-06"),
            *("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ),
        _CHATML,
    ),
}
"""The models for which it is known."""


def find_chat_format(model: str) -> ChatFormat | None:
    """Returns how many tokens a model adds to messages, or None if that is not known.

    The provider's name may precede the model's, and `ft:gpt-4o-2024-08-06:...` is as its model.

    Raises:
        UnknownNameError: The tokenizer of the model is not public.

    >>> find_chat_format("openai/gpt-4o").per_message
    3
    >>> find_chat_format("gpt-4.1")
    """
    known = identify_model(model)
    return None if known is None else CHAT_FORMATS.get(known.name)


def require_chat_formats(models: object) -> tuple[ChatFormat, ...]:
    """Returns how many tokens each of some models adds to messages.

    Args:
        models: The names of models, one or several.

    Raises:
        ArgumentError: That is not known of one.
        UnknownNameError: The tokenizer of a model is not public.
    """
    if isinstance(models, str) or not isinstance(models, Sequence):
        models = [models]
    return tuple(map(require_chat_format, models))


def require_chat_format(model: object) -> ChatFormat:
    """Returns how many tokens a model adds to messages.

    Raises:
        ArgumentError: That is not known.
        UnknownNameError: The tokenizer of the model is not public.
    """
    known = find_chat_format(model) if isinstance(model, str) else None
    if known is None:
        shown = repr(model) if isinstance(model, str) else type(model).__name__
        raise with_hint(
            ArgumentError,
            f"How many tokens {shown} adds to chat messages is not known. It is known for: "
            f"{', '.join(CHAT_FORMATS)}.",
            python="count_chat(messages, model) counts the contents for any model.",
            command="Without --chat, the contents are counted, for any model and encoding.",
        )
    return known
