"""Nothing: the first start of Krita in a new home takes 15 seconds, later ones 4."""


def main(driver):
    driver.put("krita", driver.app.version())
    yield 0.1
