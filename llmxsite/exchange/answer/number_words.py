"""Words that belong to a written number: scales, minus, per cent, operators, and what joins two numbers to a list."""

from __future__ import annotations

import re
from functools import lru_cache


def _set(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


COMMA_DECIMAL = _set("fr de es it pt nl pl ru sv da fi nb nn no cs sk tr uk ro hu bg el id vi sl hr")
"""Languages in which 1,5 is one and a half."""
POINT_THOUSANDS = COMMA_DECIMAL - _set("fr pl ru sv fi nb nn no cs sk uk hu bg")
"""Those of them in which 1.234 is more than a thousand; the others part thousands by spaces."""

_SHARED: dict[float, str] = {
    1e2: "hundred hundert",
    1e3: "thousand tausend mille mila mil duizend tysiąc tysiące tysięcy тысяча тысячи тысяч тыс ألف آلاف",
    1e6: "million millions mln mio millionen millón millones milione milioni milhão milhões miljoen milion miliony milionów "
    "миллион миллиона миллионов млн مليون ملايين",
    1e9: "billion billions bln milliard milliards milliarde milliarden mrd miliardo miliardi bilhão bilhões miljard miliard "
    "miliardy miliardów миллиард миллиарда миллиардов млрд مليار مليارات",
    1e12: "trillion trillions biljoen billón billones bilione trilhão trilhões billionen bilion триллион триллиона триллионов",
}
_LONG_SCALE = _set("fr de es it nl pl sv da fi nb nn no cs sk hu")
"""Languages whose own word `billion` is a million millions."""
EAST = {"十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "兆": 1e12}
EAST |= {"십": 1e1, "백": 1e2, "천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12}
"""Units of tens of Chinese, Japanese and Korean: they stand right behind their digits, and a smaller part may follow (1万2000)."""
SUFFIXES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "bn": 1e9, "mn": 1e6, "T": 1e12}
"""What is written right behind digits: 138k, 2.5M, 3bn."""
MONEY_SUFFIXES = SUFFIXES | {"m": 1e6, "b": 1e9}
"""The same behind an amount of money, where a small letter is no metre."""

MINUS = "minus|negative|moins|menos|meno|negatief|минус|负|負|マイナス|마이너스|سالب"
PERCENT = "per cent|percent|prozent|pour cent|por ciento|por cento|per cento|procenti?|процент(?:а|ов)?"
EASTERN_PERCENT = "パーセント|퍼센트|بالمئة|٪"
OPERATORS = "plus|minus|times|divided by|multiplied by|moins|fois|mal|geteilt durch|menos|más|meno|più|mais|плюс|минус|加|减|乘以|除以"
JOINS = "or|and|to|ou|et|à|und|oder|bis|o|y|e|of|en|lub|i|или|и|до|或|和|到|至|と|か|から|또는|와|과|و|أو"
"""Between two numbers: there are several, and none is the answer."""
EQUALS = "equals?|equal to|round(?:s|ed) (?:up |down )?to|égale?|égal à|ergibt|gleich|es igual a|è uguale a|é igual a|равно|等于|等於"

_WHOLES = (
    "years? yrs? months? weeks? wks? days? hours? hrs? hr h minutes? mins? min seconds? secs? sec s feet foot ft inch(?:es)? in "
    "pounds? lbs? ounces? oz dollars? bucks? cents? euros? miles? mi yards? yd km m cm mm kg g mg litres? liters? l ml gallons? "
    "quarts? pints? ans? mois jours? heures? jahre? monate? wochen? tage? stunden? minuten? sekunden? horas? minutos? días? ore "
    "minuti giorni"
)
_EASTERN_WHOLES = "年 月 日 号 小时 小時 时 時間 時 分钟 分鐘 分 秒 元 块 角 円 銭 米 厘米 公里 公斤 克 년 개월 월 일 시간 시 분 초 원 미터"
WHOLE = "|".join(_WHOLES.split())
EASTERN_WHOLE = "|".join(_EASTERN_WHOLES.split())
"""Units that a quantity is given in parts of: 2 hours 30 minutes, 5 ft 10 in, 3小时20分钟."""


def _scales(language: str) -> dict[str, float]:
    """What a scale word multiplies by in a text of that language; words in small letters."""
    found = {word: factor for factor, words in _SHARED.items() for word in words.split()}
    return found | ({"billion": 1e12, "billions": 1e12} if language in _LONG_SCALE else {})


AFTER_DIGITS = re.compile(rf"(?:\s(?=[bm]n))?({'|'.join(sorted(SUFFIXES, key=len, reverse=True))})(?![^\W_])")
AFTER_MONEY = re.compile(rf"\s?({'|'.join(sorted(MONEY_SUFFIXES, key=len, reverse=True))})(?![^\W_])")


@lru_cache
def scale_pattern(language: str) -> tuple[re.Pattern[str], dict[str, float]]:
    """A scale behind digits in a text of that language, and what each multiplies by."""
    known = _scales(language)
    every = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    pattern = (
        rf"(?i)[ \u00a0-]?(?P<word>{every})(?![^\W_])|\s?\\(?:text|mathrm)\{{\s*(?P<boxed>{every})\s*\}}"
        rf"|\s?(?P<east>[{''.join(EAST)}])"
    )
    return re.compile(pattern), known | EAST
