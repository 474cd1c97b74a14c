import { describe, expect, it } from 'vitest'
import { escapeHtml } from '../../../proxy/http/escapeHtml.ts'

describe('escapeHtml', () => {
  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    [`" onload='x'`, '&quot; onload=&#39;x&#39;'],
    ['&lt;', '&amp;lt;'],
    ['Krita & Mia', 'Krita &amp; Mia'],
    ['', ''],
  ])('leaves nothing of %j that a browser takes for a tag or the end of an attribute', (text, expected) => {
    expect(escapeHtml(text)).toBe(expected)
  })
})
