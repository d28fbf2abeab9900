"""Raw HTML that runs, loads, frames, lays itself over the page or is no HTML at all."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    report = study / "content/reports/r1"
    lines = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(2)>",
        "<img src='https://evil.example/a.png' srcset='https://evil.example/b.png 2x'>",
        "<video src='//evil.example/v.mp4' poster='https://evil.example/p.png'></video>",
        "<picture><source srcset='a.png, https://evil.example/c.png 2x'></picture>",
        "<div style='position:fixed;inset:0;background:url(https://evil.example/d.png)'>over</div>",
        "<div class='vg-tooltip visible'>over</div>",
        "<a href='java&#10;script:alert(3)'>x</a> <a href='data:text/html,<script>alert(4)</script>'>y</a>",
        "<svg><a xlink:href='javascript:alert(5)'><text>z</text></a></svg> <math href='javascript:alert(6)'>m</math>",
        "<form action='https://evil.example/'><button>go</button></form> <iframe srcdoc='<script>alert(7)</script>'></iframe>",
        "<![CDATA[ <script>alert(8)</script> ]]> <!doctype <!ELEMENT> <![if gte]>",
        "<noscript><p title='</noscript><img src=x onerror=alert(9)>'></noscript>",
        "[j](javascript:alert(10)) [v](vbscript:x) [f](file:///etc/passwd) <javascript:alert(11)>",
        "<meta http-equiv=refresh content='0;url=https://evil.example/'> <base href='https://evil.example/'>",
    ]
    with (report / "index.md").open("a") as text:
        text.write("\n\n".join(["", *lines, ""]))
    site = study / "content/site.yaml"
    site.write_text(
        site.read_text()
        + "repository: 'javascript:alert(12)'\nnavigation: [{title: x, url: 'data:text/html,x'}, {title: y, url: ' java\tscript:alert(13)'}]\n"
    )
