import { describe, expect, it } from 'vitest'
import {
  asksForNetwork,
  describeCanvasFailure,
  isNoticePage,
  toNoticePage,
} from '../../../electron/shell/canvasNotice.ts'

const gate = 'http://127.0.0.1:8190/'
const htmlOf = (page: string): string => decodeURIComponent(page.slice(page.indexOf(',') + 1))

describe('what stands in ComfyUI’s window when its page cannot', () => {
  it('names the rule and leads to the page Network', () => {
    const page = toNoticePage(describeCanvasFailure('The rule “Keep out 127.0.0.1” keeps this computer out.'), gate)
    expect(htmlOf(page)).toContain('The rule “Keep out 127.0.0.1” keeps this computer out.')
    expect(htmlOf(page)).toContain('<a href="#network">')
    expect(htmlOf(page)).toContain(`<a href="${gate}">Try again</a>`)
  })

  it('does not send anybody to the rules when none is the reason', () => {
    const page = toNoticePage(describeCanvasFailure(null), gate)
    expect(htmlOf(page)).not.toContain('#network')
    expect(htmlOf(page)).toContain('Try again')
  })

  it('is no place for a script', () => {
    const page = toNoticePage({ title: 'a', text: '<script>alert(1)</script>', leadsToNetwork: false }, `${gate}"><b>`)
    expect(htmlOf(page)).not.toContain('<script')
    expect(htmlOf(page)).not.toContain('<b>')
    expect(htmlOf(page)).toContain("default-src 'none'")
  })

  it('is told apart from a page of ComfyUI that ends alike', () => {
    const page = toNoticePage(describeCanvasFailure('A rule.'), gate)
    expect([isNoticePage(page), isNoticePage(`${gate}#network`)]).toEqual([true, false])
    expect([asksForNetwork(page), asksForNetwork(`${page}#network`), asksForNetwork(`${gate}#network`)]).toEqual([
      false,
      true,
      false,
    ])
  })
})
