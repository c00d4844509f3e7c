"""Drives Chromium through the pages of neap: tests/lua/browser.py PROGRAM
[--shots FOLDER]. Exits with 77, and says so, where there is no Chromium.

Chromedriver is spoken to as https://www.w3.org/TR/webdriver2 says. With --shots
pictures of all pages are kept, for people to look at.
"""
import base64
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request


class Browser:
    """A session of Chromium."""

    def __init__(self):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                break
        self.base = f"http://127.0.0.1:{found[1]}/session"
        options = {
            "args": ["--headless=new", "--no-sandbox", "--hide-scrollbars",
                     "--disable-dev-shm-usage"]}
        made = self.send("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.base += "/" + made["sessionId"]

    def send(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        # A proxy of the environment is none for this machine's own port.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def close(self):
        self.send("DELETE", "")
        self.driver.terminate()
        self.driver.wait()

    def run(self, script, *arguments):
        return self.send("POST", "/execute/sync",
                         {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.send("POST", "/goog/cdp/execute",
                         {"cmd": command, "params": parameters})

    def show(self, width, scheme="light", media="screen"):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width,
                      height=900, deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path):
        self.send("POST", "/url", {"url": path.as_uri()})
        assert self.run("return document.documentElement.dataset.drawn") == "yes"

    def logs(self, kind):
        return self.send("POST", "/se/log", {"type": kind})

    def point_at(self, script, *arguments):
        """Moves the pointer to (x, y) that a script returns."""
        x, y = self.run(script, *arguments)
        self.send("POST", "/actions", {"actions": [{
            "type": "pointer", "id": "mouse", "actions": [
                {"type": "pointerMove", "duration": 0, "x": round(x),
                 "y": round(y)}]}]})

    def press(self, *keys):
        actions = []
        for key in keys:
            actions += [{"type": "keyDown", "value": key},
                        {"type": "keyUp", "value": key}]
        self.send("POST", "/actions", {"actions": [
            {"type": "key", "id": "keys", "actions": actions}]})

    def picture(self, path):
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.devtools("Page.captureScreenshot", format="png",
                             captureBeyondViewport=True,
                             clip={**size, "x": 0, "y": 0, "scale": 1})
        path.write_bytes(base64.b64decode(shot["data"]))


def check_quiet(browser, name):
    """No error was told, and nothing was asked of any network."""
    told = browser.logs("browser")
    assert told == [], (name, told)
    for entry in browser.logs("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            assert url.startswith(("file:", "data:", "blob:")), (name, url)


def check_layout(browser, folder, shots):
    """Every page, wide and narrow, light and dark, and on paper."""
    for path in sorted(folder.glob("*.html")):
        for width in (1400, 400):
            for scheme, media in (("light", "screen"), ("dark", "screen"),
                                  ("dark", "print")):
                browser.show(width, scheme, media)
                browser.open(path)
                where = (path.name, width, scheme, media)
                wide = browser.run(
                    "return document.documentElement.scrollWidth")
                assert wide <= width or media == "print", (where, wide)
                paper = browser.run(
                    "return getComputedStyle(document.body).backgroundColor")
                is_dark = scheme == "dark" and media == "screen"
                assert (paper == "rgb(20, 24, 29)") == is_dark, (where, paper)
                if shots:
                    browser.picture(shots / "{}_{}_{}_{}.png".format(
                        path.stem, *where[1:]))
        check_quiet(browser, path.name)


DATA = "JSON.parse(document.getElementById('data').textContent)"

MIDDLE = """
const box = arguments[0].getBoundingClientRect();
return [box.x + box.width / 2, box.y + box.height / 2];"""


def middle_of(selector):
    return (f"arguments = [document.querySelector({json.dumps(selector)})];"
            "arguments[0].scrollIntoView({block: 'center'});" + MIDDLE)


def readout(browser):
    return browser.run("return document.querySelector('.readout').textContent")


def shown(value, signed):
    """As page.js shows a number: four digits that count."""
    text = "0" if value == 0 else f"{float(f'{value:.4g}'):.15g}"
    return ("+" if signed and value > 0 else "") + text.replace("-", "\u2212")


def check_heatmap(browser):
    figure = browser.run(f"return {DATA}.heatmaps[0]")
    for i, j in ((0, 1), (1, 3)):
        browser.point_at(middle_of(
            f"#heatmaps td[data-i='{i}'][data-j='{j}']"))
        value = figure["cells"][i][j]
        expected = "{} {}, {} {}: {}".format(
            figure["y"]["label"], figure["y"]["values"][i],
            figure["x"]["label"], figure["x"]["values"][j],
            shown(value, True))
        if figure["marks"][i][j]:
            expected += "; " + figure["mark_means"]
        assert readout(browser) == expected, (readout(browser), expected)
        text = browser.run(
            "return document.querySelector(arguments[0]).textContent",
            f"#heatmaps td[data-i='{i}'][data-j='{j}']")
        scaled = value * 10 ** figure["power"]
        assert abs(float(text.replace("\u2212", "-").rstrip("*"))
                   - scaled) <= 0.0500001, (text, scaled)
    # The same by keys.
    browser.run("document.querySelector('#heatmaps td').focus()")
    browser.press("\ue014", "\ue015")  # right, down
    assert "gamma 1: " in readout(browser), readout(browser)
    assert browser.run("return document.activeElement.dataset.i") == "1"


def check_metric(browser):
    """The choice of a metric changes the cells to that metric's."""
    count = browser.run("return document.querySelector('select').length")
    assert count == 20, count
    for choice in (5, 0):
        figure = browser.run(f"return {DATA}.heatmaps[{choice}]")
        browser.run("const select = document.querySelector('select');"
                    "select.value = arguments[0];"
                    "select.dispatchEvent(new Event('change'));", choice)
        title = browser.run("return document.querySelector("
                            "'#heatmaps figcaption').firstChild.textContent")
        assert title.startswith(figure["title"]), title
        browser.point_at(middle_of("#heatmaps td[data-i='1'][data-j='2']"))
        assert shown(figure["cells"][1][2], figure["diverging"]) \
            in readout(browser), readout(browser)


def check_curve(browser):
    """A pointer on a curve is told the curve's numbers."""
    figure = browser.run(f"return {DATA}.figures.precision_recall")
    point = figure["series"][0]["points"][60]
    browser.point_at("""
      const canvas = document.querySelector(
        "[data-figure=precision_recall] canvas");
      canvas.scrollIntoView({block: "center"});
      const {x, y} = Chart.getChart(canvas).scales;
      const box = canvas.getBoundingClientRect();
      return [box.x + x.getPixelForValue(arguments[0]),
              box.y + y.getPixelForValue(arguments[1])];""", point[0], point[1])
    title, lines = browser.run("""
      const tip = Chart.getChart(document.querySelector(
        "[data-figure=precision_recall] canvas")).tooltip;
      return [tip.title, tip.body.map((part) => part.lines[0])];""")
    said = [line for line in lines
            if line.startswith(figure["series"][0]["label"][:9])]
    # The pointer stands on a pixel: so the nearest point may be a neighbour.
    near = [f"{shown(p[1], False)} ({shown(p[2], False)} to "
            f"{shown(p[3], False)})" for p in figure["series"][0]["points"][58:63]]
    assert len(said) == 1 and any(said[0].endswith(text) for text in near), (
        title, lines, near)


def table_column(browser, column):
    return browser.run("""
      return [...document.querySelectorAll("#table tbody tr")].map(
        (row) => row.cells[arguments[0]].textContent);""", column)


def press_button(browser, text):
    browser.run("""
      [...document.querySelectorAll("#table button")].find(
        (button) => button.textContent === arguments[0]).click();""", text)


def check_table(browser):
    table = browser.run(f"return {DATA}.table")
    best = [float(text) for text in table_column(browser, 1)]
    assert best == sorted(best, reverse=True) and len(best) == len(table["rows"])
    press_button(browser, "log loss")
    losses = [float(text) for text in table_column(browser, 3)]
    assert losses == sorted(losses), losses
    press_button(browser, "log loss")
    losses = [float(text) for text in table_column(browser, 3)]
    assert losses == sorted(losses, reverse=True), losses
    order = browser.run("return document.querySelector('[aria-sort]')"
                        ".getAttribute('aria-sort')")
    assert order == "descending"
    browser.run("""
      const input = document.querySelector("input[type=search]");
      input.value = "GAMMA 5";
      input.dispatchEvent(new Event("input"));
      navigator.clipboard.writeText = async (text) => { window.copied = text; };
      """)
    names = table_column(browser, 0)
    assert len(names) == 2 and all("gamma 5" in name for name in names), names
    press_button(browser, "Copy as CSV")
    lines = browser.run("return window.copied").split("\r\n")
    assert lines[0].startswith("point,average_precision,roc_auc,log_loss,")
    assert len(lines) == 4 and lines[-1] == "", lines
    row = next(row for row in table["rows"] if row["cells"][0] == names[0])
    assert lines[1].endswith(",".join(str(value).removesuffix(".0")
                                      for value in row["cells"][1:])), lines


def check_reading(browser):
    """What a screen reader finds."""
    for script in (
            "return [...document.querySelectorAll('canvas')].every(c => "
            "c.getAttribute('role') === 'img' && c.ariaLabel.length > 10)",
            "return [...document.querySelectorAll('tbody th')].every("
            "h => h.scope === 'row')",
            "return [...document.querySelectorAll('select, input')].every("
            "i => i.labels.length === 1)",
            "return document.querySelectorAll('h1').length === 1",
            "return document.documentElement.lang === 'en'"):
        assert browser.run(script), script
    browser.run("document.querySelector('details').open = true")
    rows = browser.run("return new Promise(done => setTimeout(() => done("
                       "document.querySelectorAll('details tbody tr').length)))")
    assert rows == 303, rows


def check_report(browser, folder):
    browser.show(1400)
    browser.open(folder / "report.html")
    check_heatmap(browser)
    check_metric(browser)
    check_curve(browser)
    check_reading(browser)
    check_table(browser)
    browser.show(1400, "dark", "print")
    hidden = browser.run("return [...document.querySelectorAll('.controls')]"
                         ".every(e => getComputedStyle(e).display === 'none')")
    assert hidden
    colour = browser.run("return Chart.getChart(document.querySelector("
                         "'canvas')).options.scales.x.ticks.color")
    assert colour == "#444444", colour
    check_quiet(browser, "report.html, used")


def check_many(browser, folder):
    browser.show(1400)
    browser.open(folder / "points.html")
    assert len(table_column(browser, 0)) == 50
    press_button(browser, "Show more")
    assert len(table_column(browser, 0)) == 200
    cells = browser.run("return document.querySelectorAll('#heatmaps td').length")
    assert cells == 10000, cells
    check_quiet(browser, "points.html, used")


def main():
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        print("SKIPPED: there is no chromium with chromedriver "
              "(Debian: chromium, chromium-driver)")
        return 77
    shots = None
    if "--shots" in sys.argv:
        shots = pathlib.Path(sys.argv[sys.argv.index("--shots") + 1])
        shots.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], "tests/lua/browser_pages.lua", name],
                       check=True)
        browser = Browser()
        try:
            check_layout(browser, folder, shots)
            check_report(browser, folder)
            check_many(browser, folder)
        finally:
            browser.close()
    print("pages are right in a browser")
    return 0


sys.exit(main())
