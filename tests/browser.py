"""A headless Chromium for the tests of pages. They are skipped, with the reason, where none is."""

import json
import os
import shutil
from contextlib import contextmanager

import pytest

ARGUMENTS = (
    "--headless=new --disable-gpu --disable-dev-shm-usage --disable-quic --disable-sync "
    "--disable-background-networking --disable-component-update --no-first-run"
).split()
FAST = "const real = setInterval; window.setInterval = (f) => real(f, 20);"  # playing takes no time


@contextmanager
def chromium(profile):
    """A Window. profile: a new folder for all that the browser writes."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("no chromium and chromedriver are installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # root has no other way
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.unhandled_prompt_behavior = "ignore"  # so that a test can see a dialog
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": FAST})
        yield Window(chrome, profile)
    finally:
        chrome.quit()


class Window:
    """One page at a time: shown, used, asked."""

    def __init__(self, chrome, folder):
        self._chrome = chrome
        self._file = folder / "page.html"
        self.resize(1280, 800)

    def show(self, html):
        """Open a page from a file, and forget what was logged before."""
        self._file.write_bytes(html.encode())
        self._logs()
        self._chrome.get(self._file.as_uri())

    def enter_frame(self):
        """From here on `ask` and the like go to the first frame of the page."""
        self._chrome.switch_to.frame(0)

    def resize(self, width, height, **media):
        """The size in pixels; media features by name, as prefers_color_scheme="dark"."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        features = [{"name": k.replace("_", "-"), "value": v} for k, v in media.items()]
        self._chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self._chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def ask(self, expression):
        """What a JavaScript expression is on the page."""
        return self._chrome.execute_script(f"return {expression}")

    def text(self, id):
        return self.ask(f"document.getElementById('{id}').textContent")

    def click(self, id, times=1):
        button = self._chrome.find_element("id", id)
        for _ in range(times):
            button.click()

    def press(self, *keys):
        """Keys by their names in selenium, as ARROW_RIGHT, to what has the focus."""
        from selenium.webdriver import ActionChains, Keys

        for key in keys:
            ActionChains(self._chrome, 0).send_keys(getattr(Keys, key, key)).perform()

    def wait(self, expression):
        """Until it is true, or fail."""
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self._chrome, 20, 0.02).until(lambda _: self.ask(expression))

    def has_dialog(self):
        """Whether the page has opened an alert or its like."""
        from selenium.common.exceptions import NoAlertPresentException

        try:
            self._chrome.switch_to.alert.accept()
        except NoAlertPresentException:
            return False
        return True

    def complaints(self):
        """What the page wrote to the console, and each address that it asked for beside its own."""
        console, requests = self._logs()
        ours = (self._file.as_uri(), "data:", "about:", "chrome://")  # chrome: its first, empty tab
        return console + [url for url in requests if not url.startswith(ours)]

    def _logs(self):
        """Messages of the console, and addresses, since the last call."""
        console = [entry["message"] for entry in self._chrome.get_log("browser")]
        events = [json.loads(e["message"])["message"] for e in self._chrome.get_log("performance")]
        sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return console, [params["request"]["url"] for params in sent]
