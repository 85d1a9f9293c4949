"""What an operator says on the phone, in both languages, and where else a caller finds help.

The caller's language is not the operator's: both stand on the page, whatever the reader's is.
"""

from __future__ import annotations

from typing import NamedTuple

OPENING = {
    "ko": (
        "이름, 연락처, 사연은 말씀하지 않으셔도 됩니다.",
        "어느 서비스에 올라와 있습니까? 주소나 메시지 링크를 하나씩 불러 주십시오.",
        "미성년자가 관련되어 있습니까? 예 또는 아니요로만 답해 주십시오.",
        "지금 위험하시면 먼저 112로 전화하십시오.",
    ),
    "en": (
        "You need not give your name, a number or the story.",
        "On which service is it? Please read me the addresses or message links one by one.",
        "Is a minor involved? Yes or no is enough.",
        "If you are in danger now, call 112 first.",
    ),
}
CLOSING = {
    "ko": (
        "사건번호와 비밀번호를 불러 드리겠습니다. 적으신 뒤 다시 읽어 주십시오.",
        "두 번호가 있으면 진행 상황을 직접 확인하실 수 있습니다.",
        "비밀번호는 저장되지 않아 다시 알려 드릴 수 없습니다.",
        "상담과 삭제 지원은 1366, 수사는 경찰에서 받으실 수 있습니다.",
    ),
    "en": (
        "I read you a case code and a secret number. Please write them down and read them back.",
        "With both you can see for yourself how far it is.",
        "The secret number is not stored: we cannot tell it to you again.",
        "For advice and help with deletion call 1366; for an investigation, the police.",
    ),
}


class Place(NamedTuple):
    """Where else a caller finds help: the number to call, the page, and who published it."""

    name_ko: str
    name_en: str
    number: str
    url: str
    source: str


PLACES = (
    Place(
        "디지털성범죄피해자지원센터", "Digital sex crime victim support centre", "1366",
        "https://www.stop.or.kr/", "https://taptalk.net/news/view/2025041614000480639",
    ),
    Place(
        "경찰(사이버범죄 신고시스템)", "Police (cybercrime report system)", "112",
        "https://ecrm.police.go.kr/", "https://www.hankyung.com/article/202012225071Y",
    ),
    Place(
        "디지털성범죄 원스톱 신고", "One-stop digital sex crime line", "1377-3", "",
        "https://wowtv.co.kr/NewsCenter/News/Read?articleId=AKR20231227066700017",
    ),
)  # fmt: skip
