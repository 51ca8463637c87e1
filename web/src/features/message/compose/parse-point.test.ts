import { expect, it } from "vitest"
import { parsePoint } from "./parse-point"

it.each([
  ["two numbers", "48.2082, 16.3738", [48.2082, 16.3738]],
  ["without a comma", "48.2082 16.3738", [48.2082, 16.3738]],
  ["south and west", "-33.8688,-151.2093", [-33.8688, -151.2093]],
  ["in brackets", "(48.2, 16.3)", [48.2, 16.3]],
  ["decimal commas", "48,2082; 16,3738", [48.2082, 16.3738]],
  ["degrees", `48°12'30"N 16°22'12"E`, [48.20833, 16.37]],
  ["degrees in Russian", `55°45'0"С, 37°37'0"В`, [55.75, 37.61667]],
  ["Google", "https://www.google.com/maps/@48.2082,16.3738,15z", [48.2082, 16.3738]],
  ["Google's search", "https://maps.google.com/?q=48.2082,16.3738", [48.2082, 16.3738]],
  ["Google's place", "https://www.google.com/maps/place/X/@48.1,16.1,17z/data=!3m1!3d48.2082!4d16.3738", [48.2082, 16.3738]],
  ["OpenStreetMap", "https://www.openstreetmap.org/?mlat=48.2082&mlon=16.3738#map=16/48.2/16.3", [48.2082, 16.3738]],
  ["OpenStreetMap's view", "https://www.openstreetmap.org/#map=16/48.2082/16.3738", [48.2082, 16.3738]],
  ["Yandex has the longitude first", "https://yandex.ru/maps/?ll=37.6173%2C55.7558&z=12", [55.7558, 37.6173]],
  ["Apple", "https://maps.apple.com/?ll=48.2082,16.3738", [48.2082, 16.3738]],
  ["beyond the pole", "91, 16", null], ["beyond the date line", "48, 181", null], ["one number", "48.2082", null], ["words", "Vienna", null], ["nothing", "", null], ["a short link", "https://goo.gl/maps/abc", null],
])("%s", (_why, typed, expected) => {
  const point = parsePoint(typed)
  expect(point && [Number(point.latitude.toFixed(5)), Number(point.longitude.toFixed(5))]).toEqual(expected)
})
