"""Credentials of every kind: the rules of detect-secrets, beside those of services that people who run language models have keys for.

Every rule is tried only where a literal text that it needs stands: a log of gigabytes is looked through at the speed of a search for words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A credential in a text: its place, its text, what it is."""

    start: int
    text: str
    kind: str


_OURS = (
    # (what it is, texts that it needs, pattern)
    ("an xAI key", "xai-", r"xai-[A-Za-z0-9]{40,}"),
    ("a Google OAuth token", "ya29.", r"ya29\.[\w-]{20,}"),
    ("a Google client secret", "GOCSPX-", r"GOCSPX-[\w-]{20,}"),
    ("a Stripe key", "sk_live_ rk_live_ sk_test_ whsec_", r"(?:[sr]k_(?:live|test)|whsec)_[0-9A-Za-z]{16,}"),
    ("a Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    ("a Slack token", "xapp- xoxe. xoxe- xoxc- xoxd-", r"(?:xapp|xoxe|xoxc|xoxd)[-.][\w.%-]{10,}"),
    ("a Slack webhook", "hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows)/[\w/+-]{20,}"),
    ("a Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"),
    ("an age key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    ("a password of a .netrc", "machine", r"(?i:machine\s+\S+\s+login\s+\S+\s+password)\s+\S{4,}"),
    ("an Azure key", "AccountKey= SharedAccessKey= sig=", r"(?:AccountKey|SharedAccessKey|sig)=[A-Za-z0-9+/%]{40,}=*"),
    ("a Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{30,}"),
    ("a Together key", "tgp_v1_", r"tgp_v1_[\w-]{30,}"),
    ("a Fireworks key", "fw_", r"fw_[A-Za-z0-9]{20,}"),
    ("a Cerebras key", "csk-", r"csk-[A-Za-z0-9]{30,}"),
    ("a Weights & Biases key", "wandb_v1_ local-", r"(?:wandb_v1_[\w-]{30,}|local-[0-9a-f]{40})"),
    ("a Jina key", "jina_", r"jina_[\w-]{40,}"),
    ("a Voyage key", "pa-", r"pa-[\w-]{40,}"),
    ("a LangSmith key", "lsv2_ ls__", r"(?:lsv2_(?:pt|sk)_[0-9a-f_]{30,}|ls__[0-9a-f]{30,})"),
    ("a Langfuse key", "sk-lf-", r"sk-lf-[0-9a-f-]{30,}"),
    ("a Tavily key", "tvly-", r"tvly-[\w-]{20,}"),
    ("a Notion token", "ntn_ secret_", r"(?:ntn_[A-Za-z0-9]{30,}|secret_[A-Za-z0-9]{43})"),
    ("a Figma token", "figd_", r"figd_[\w-]{30,}"),
    ("a Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{30,}"),
    ("an Atlassian token", "ATATT3 ATCTT3", r"AT[AC]TT3[\w=-]{30,}"),
    ("a DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[0-9a-f]{40,}"),
    ("a Shopify token", "shpat_ shpss_ shpca_ shppa_", r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}"),
    ("a HashiCorp Vault token", "hvs. hvb. s.", r"hv[sb]\.[\w-]{20,}"),
    ("a Grafana token", "glsa_ glc_", r"gl(?:sa|c)_[\w=-]{30,}"),
    ("a New Relic key", "NRAK-", r"NRAK-[A-Z0-9]{20,}"),
    ("a Docker token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[\w-]{20,}"),
    ("a Postman key", "PMAK-", r"PMAK-[0-9a-f-]{40,}"),
    ("a Mailgun key", "key-", r"key-[0-9a-f]{32}"),
    ("a Cloudflare token", "CLOUDFLARE cloudflare", r"(?i:cloudflare\w*)[\"']?\s*[:=]\s*[\"']?[\w-]{37,}"),
    ("a Tailscale key", "tskey-", r"tskey-[a-z]+-[\w-]{10,}"),
    ("an ngrok token", "ngrok", r"(?i:authtoken)\s*[:=]?\s*[\w-]{40,}"),
    ("a Kaggle key", "username", r"\"username\"\s*:\s*\"[^\"]+\"\s*,\s*\"key\"\s*:\s*\"[0-9a-f]{32}\""),
    ("a private key", "PuTTY-User-Key-File", r"PuTTY-User-Key-File-\d"),
    ("a private key", "PRIVATE KEY", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("a password in an address", "://", r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\"'<>]*:[^\s/@\"'<>]{3,}@[\w\[]"),
    (
        "a header that lets somebody in",
        "uthorization UTHORIZATION",
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?i:basic|bearer|token)\s+[\w.~+/-]{12,}=*",
    ),
)
_NEEDED = {
    "ArtifactoryDetector": "AKC",
    "AWSKeyDetector": "AKIA ASIA ABIA ACCA A3T aws AWS",
    "AzureStorageKeyDetector": "AccountKey=",
    "CloudantDetector": "cloudant",
    "DiscordBotTokenDetector": "M N O",
    "GitHubTokenDetector": "ghp_ gho_ ghu_ ghs_ ghr_",
    "GitLabTokenDetector": "glpat- gldt- glft- glsoat- glrt- GR1348941 glcbt- glimt- glptt- glagent- gloas-",
    "IbmCloudIamDetector": "iam",
    "JwtTokenDetector": "",
    "MailchimpDetector": "-us",
    "NpmDetector": "_authToken",
    "OpenAIDetector": "T3BlbkFJ",
    "PrivateKeyDetector": "BEGIN PuTTY-User",
    "PypiTokenDetector": "pypi-",
    "SendGridDetector": "SG.",
    "SlackDetector": "xoxa- xoxb- xoxp- xoxo- xoxs- xoxr- hooks.slack.com",
    "SoftlayerDetector": "softlayer",
    "SquareOAuthDetector": "sq0csp",
    "StripeDetector": "_live_",
    "TelegramBotTokenDetector": ":AA",
    "TwilioKeyDetector": "twilio TWILIO Twilio",
}
"""Texts that a rule of detect-secrets needs; what is not named here is tried everywhere, and an empty one nowhere: ours are stricter."""
_LEFT = frozenset(
    [
        "Base64HighEntropyString",
        "HexHighEntropyString",
        "IPPublicDetector",
        "KeywordDetector",
        "BasicAuthDetector",
        "IbmCosHmacDetector",
    ]
)
"""What takes hashes, of which a study is full, for keys, or what a rule of ours does."""
_NAME = (
    r"(?:passw(?:or)?d|passwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|auth[_-]?key|"
    r"credentials?|pwd)(?:[_-][A-Za-z0-9_-]*)?"
)
_ASSIGNED = re.compile(
    rf"(?i){_NAME}[\"'`]?\s*(?:=>|:=|[:=])\s*(?:(?P<q>[\"'`])(?P<v>[^\s\"'`]{{6,}})(?P=q)|(?P<w>[^\s\"'`,;<>{{}}()\[\]]{{8,}}))"
)
_WORDS = ("passw", "passphrase", "secret", "token", "key", "credential", "pwd")
_HOLLOW = re.compile(
    r"(?i)^[\"'<\[{$%(]|\*{3}|x{4,}|\.{3}|…|your|example|placeholder|changeme|redacted|dummy|sample|none|null|true|false|secrets\.|env\.|os\.|"
    r"getenv|environ|process\.|^https?://|^[a-z_.]+$|^[A-Z_]+$|^[\d.,:/-]+$"
)


def find(text: str) -> Iterator[Found]:
    """Every credential in a text, in no order."""
    there: dict[str, bool] = {}
    for kind, needles, pattern in _rules():
        for needle in needles:
            if needle not in there:
                there[needle] = needle in text
        if not needles or any(there[needle] for needle in needles):
            for found in pattern.finditer(text):
                yield Found(found.start(), found[0], kind)
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        for found in _ASSIGNED.finditer(text):
            value = found["v"] or found["w"]
            if _telling(value):
                yield Found(found.start(), found[0], "a password, key or token beside its name")


def _telling(value: str) -> bool:
    """Whether a value beside a name such as `password` is one, and no word that stands for it."""
    if _HOLLOW.search(value):
        return False
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^\w]"))
    return kinds >= 2 and bool(re.search("[0-9]", value) or re.search(r"[!@#$%^&*?~+]", value)) and len(set(value)) >= 6


@cache
def _rules() -> list[tuple[str, tuple[str, ...], re.Pattern[str]]]:
    """Ours and detect-secrets', whose import takes a tenth of a second."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    found = [(kind, tuple(needles.split()), re.compile(rf"(?<![A-Za-z0-9_]){p}")) for kind, needles, p in _OURS]
    known: dict[str, Any] = get_mapping_from_secret_type_to_class()
    for name, detector in sorted(known.items()):
        needed = _NEEDED.get(detector.__name__)
        if detector.__name__ in _LEFT or needed == "" or not hasattr(detector, "denylist"):
            continue
        words = tuple(needed.split()) if needed else ()
        kind = f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
        found += [(kind, words, pattern) for pattern in detector.denylist if isinstance(pattern, re.Pattern)]
    return found
