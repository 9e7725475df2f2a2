"""Words a plan: captions that vary, for training, and one prompt that names everything, for measuring."""

import random

from .plans import NATURAL, ScenePlan, ThingPlan
from .recipe import Language, Recipe

# Wordings of the same thing, by how often each is taken; both languages put the common one first.
EN_BACKGROUND_JOINED = 0.85  # "a cat on a red background", else "a cat, red background"
ZH_BACKGROUND_FIRST = 0.6  # 红色背景上的猫
ZH_BACKGROUND_BY_COMMA = 0.7  # of the others: 猫，红色背景, else 猫在红色背景上
ZH_PLACE_FIRST = 0.6  # 雪地里的猫
ZH_PLACE_JOINED = 0.5  # of the others: 猫在雪地里, else 猫，雪地里
ZH_COUNTED = 0.3  # 一个苹果
ZH_COLOUR_WITH_PARTICLE = 0.6  # 红色的苹果, else 红色苹果

VOWELS = "aeiou"
#: Beginnings that are written with a vowel and spoken with a consonant: a unicorn.
SPOKEN_WITH_CONSONANT = ("uni", "eu")


def caption(plan: ScenePlan, recipe: Recipe, language: Language, random: random.Random) -> str:
    """One of many wordings. Natural colours and backgrounds are left out at times, as the recipe's shares say."""
    if language == "zh":
        return _chinese(plan, recipe, random)
    return _english(plan, recipe, random)


def full_prompt(plan: ScenePlan, recipe: Recipe, language: Language) -> str:
    """The plainest wording that names each thing by its first name, each colour that was asked for, the background.

    ``a blue apple on a yellow background``, ``黄色背景上的蓝色的苹果``.
    """
    names = [_plain_name(thing, recipe, language) for thing in plan.things]
    scene = recipe.scenes.get(plan.background)
    if language == "zh":
        place = scene.phrases["zh"][0] if scene else f"{recipe.backgrounds[plan.background].zh}色背景上"
        return f"{place}的{'和'.join(names)}"
    place = scene.phrases["en"][0] if scene else f"on {_with_article(plan.background)} background"
    return f"{' and '.join(names)} {place}"


def _plain_name(thing: ThingPlan, recipe: Recipe, language: Language) -> str:
    colour = thing.colour if thing.variant != NATURAL else None
    what = recipe.thing(thing.key)
    name = what.names[language][0]
    if language == "zh":
        return f"{recipe.colours[colour].zh}色的{name}" if colour else name
    words = f"{colour} {name}" if colour else name
    return words if what.plural else _with_article(words)


def _english(plan: ScenePlan, recipe: Recipe, random: random.Random) -> str:
    shares = recipe.shares
    text = " and ".join(_english_thing(thing, recipe, random) for thing in plan.things)
    style = recipe.styles[plan.things[0].style]
    draw = random.random()
    if draw < shares.style_before:
        text = f"{style.render} of {text}"
    elif draw < shares.style_before + shares.style_behind:
        text = f"{text}, {style.adjective} style"
    if random.random() >= shares.background_named:
        return text
    scene = recipe.scenes.get(plan.background)
    if scene is None:
        joined, apart = f"on {_with_article(plan.background)} background", f"{plan.background} background"
    else:
        joined = random.choice(scene.phrases["en"])
        apart = joined.removeprefix("on a ")
    return f"{text} {joined}" if random.random() < EN_BACKGROUND_JOINED else f"{text}, {apart}"


def _english_thing(thing: ThingPlan, recipe: Recipe, random: random.Random) -> str:
    name = _name(thing, recipe, "en", random)
    words = f"{thing.colour} {name}" if _names_colour(thing, recipe, random) else name
    if random.random() < recipe.shares.article_left_out or recipe.thing(thing.key).plural:
        return words
    return _with_article(words)


def _with_article(words: str) -> str:
    vowel = words[0].lower() in VOWELS and not words.startswith(SPOKEN_WITH_CONSONANT)
    return f"an {words}" if vowel else f"a {words}"


def _chinese(plan: ScenePlan, recipe: Recipe, random: random.Random) -> str:
    shares = recipe.shares
    text = "和".join(_chinese_thing(thing, recipe, random) for thing in plan.things)
    style = recipe.styles[plan.things[0].style].zh
    draw = random.random()
    if style and draw < shares.style_before:
        text = f"{style}风格的{text}"
    elif style and draw < shares.style_before + shares.style_behind:
        text = f"{text}，{style}风格"
    if random.random() >= shares.background_named:
        return text
    scene = recipe.scenes.get(plan.background)
    if scene is None:
        ground = f"{recipe.backgrounds[plan.background].zh}色背景"
        if random.random() < ZH_BACKGROUND_FIRST:
            return f"{ground}上的{text}"
        return f"{text}，{ground}" if random.random() < ZH_BACKGROUND_BY_COMMA else f"{text}在{ground}上"
    place = random.choice(scene.phrases["zh"])
    if random.random() < ZH_PLACE_FIRST:
        return f"{place}的{text}"
    return f"{text}在{place}" if random.random() < ZH_PLACE_JOINED else f"{text}，{place}"


def _chinese_thing(thing: ThingPlan, recipe: Recipe, random: random.Random) -> str:
    words = _name(thing, recipe, "zh", random)
    if thing.colour and _names_colour(thing, recipe, random):
        colour = recipe.colours[thing.colour].zh
        if random.random() < ZH_COLOUR_WITH_PARTICLE:
            words = f"{colour}色的{words}"
        else:  # one character and one character make a word by themselves: 红猫
            words = f"{colour}色{words}" if len(words) > 1 else f"{colour}{words}"
    return f"一个{words}" if random.random() < ZH_COUNTED else words


def _name(thing: ThingPlan, recipe: Recipe, language: Language, random: random.Random) -> str:
    names = recipe.thing(thing.key).names[language]
    return random.choice(names) if random.random() < recipe.shares.synonym else names[0]


def _names_colour(thing: ThingPlan, recipe: Recipe, random: random.Random) -> bool:
    if thing.colour is None:
        return False
    return thing.variant != NATURAL or random.random() < recipe.shares.natural_colour_named
