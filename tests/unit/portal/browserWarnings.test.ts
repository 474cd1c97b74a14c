import { describe, expect, it } from 'vitest'
import { drawWarning, findWarning, pressWords } from '../../../proxy/portal/welcome/browserWarnings.ts'

const host = '192.168.1.20'
const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const blink = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0'

describe('what a browser says before the first visit', () => {
  it.each([
    [
      'Chrome on Android',
      `Mozilla/5.0 (Linux; Android 10; K) ${blink} Mobile Safari/537.36`,
      `“Advanced”, then “Proceed to ${host} (unsafe)”`,
    ],
    [
      'Chrome on Windows',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Safari/537.36`,
      `“Advanced”, then “Proceed to ${host} (unsafe)”`,
    ],
    [
      'Chrome on an iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webkit} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`,
      `“Advanced”, then “Proceed to ${host} (unsafe)”`,
    ],
    [
      'Edge',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Safari/537.36 Edg/140.0.0.0`,
      `“Advanced”, then “Continue to ${host} (unsafe)”`,
    ],
    [
      'Firefox',
      'Mozilla/5.0 (Android 14; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0',
      '“Advanced…”, then “Accept the Risk and Continue”',
    ],
    [
      'Safari on an iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webkit} Version/18.5 Mobile/15E148 Safari/604.1`,
      '“Show Details”, then “visit this website”, then “Visit Website”',
    ],
    [
      'Safari on a Mac',
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.5 Safari/605.1.15`,
      '“Show Details”, then “visit this website”, then “Visit Website”',
    ],
  ])('names the buttons of %s', (_name, agent, words) => {
    const warning = findWarning(agent, host)
    expect(pressWords(warning)).toBe(words)
    const drawn = drawWarning(warning, 'phone')?.rows.flatMap((row) => ('press' in row ? row.press : []))
    expect(drawn).toEqual(warning.presses)
  })

  it.each([
    [
      'Firefox on an iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webkit} FxiOS/143.0 Mobile/15E148 Safari/605.1.15`,
    ],
    [
      'Samsung’s',
      `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    ],
    ['an unknown one', 'curl/8.5'],
    ['one that says nothing', undefined],
  ])('claims to know no words of %s', (_name, agent) => {
    const warning = findWarning(agent, host)
    expect(pressWords(warning)).toBe('Advanced (or Details), then the line that goes on to this site')
    expect(drawWarning(warning, 'phone')).toBeUndefined()
  })
})
