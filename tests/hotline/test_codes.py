"""Case codes: what is heard or typed wrongly is noticed."""

from __future__ import annotations

import itertools
import random

import pytest

from portal.hotline import codes

NUMBERS = [0, 1, 13**7 - 1, *(random.Random(7).getrandbits(200) for _n in range(40))]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_code_is_read_back_however_it_is_written(number: int) -> None:
    code = codes.code_of(number)

    assert [len(part) for part in code.split("-")] == [4, 4]
    assert codes.cleaned(code) == code
    assert codes.cleaned(f" {code.lower().replace('-', ' ')} ") == code
    assert codes.cleaned(code.replace("-", "")) == code


@pytest.mark.parametrize("number", NUMBERS[:12])
def test_every_single_wrong_sign_is_noticed(number: int) -> None:
    signs = codes.code_of(number).replace("-", "")
    for place, sign in itertools.product(range(codes.LENGTH), codes.SIGNS):
        if sign != signs[place]:
            assert codes.cleaned(signs[:place] + sign + signs[place + 1 :]) is None


@pytest.mark.parametrize("number", NUMBERS[:12])
def test_two_signs_that_changed_places_are_noticed(number: int) -> None:
    signs = list(codes.code_of(number).replace("-", ""))
    for one, two in itertools.combinations(range(codes.LENGTH), 2):
        swapped = signs.copy()
        swapped[one], swapped[two] = swapped[two], swapped[one]
        if swapped != signs:
            assert codes.cleaned("".join(swapped)) is None


@pytest.mark.parametrize("text", ["", "-", "K7M4", "K7M4-93AFA", "OOOO-0000", "가나다라-마바사아"])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert codes.cleaned(text) is None


def test_no_sign_looks_like_another() -> None:
    assert len(set(codes.SIGNS)) == len(codes.SIGNS) == 13
    for alike in ("O0Q", "IL1", "B8", "S5", "Z2", "UV", "G6"):
        assert len(set(alike) & set(codes.SIGNS)) <= 1


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_sign_and_digit_has_its_own_word(language: str) -> None:
    words = codes.ALOUD[language]

    assert set(codes.SIGNS) | set("0123456789") == set(words)
    assert len(set(words.values())) == len(words)


def test_codes_and_secrets_are_read_out_group_by_group() -> None:
    assert codes.aloud("K7M4-93AF", "en") == "Kilo seven Mike four – nine three Alfa Foxtrot"
    assert codes.aloud("0204 8599", "ko") == "공 둘 공 넷 – 팔 오 아홉 아홉"


def test_a_secret_has_eight_digits_in_two_groups() -> None:
    assert codes.secret_of(42) == "0000 0042"
    assert codes.bare(" 0000-0042 ") == "00000042"
