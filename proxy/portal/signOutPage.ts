import { createHash } from 'node:crypto'

const style = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:17px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
main{max-width:24rem;padding:2rem}
h1{font-size:1.5rem;margin:0 0 1rem}
button{font:inherit;min-height:44px;padding:0 1.25rem;border-radius:8px;border:1px solid ButtonBorder;background:ButtonFace;color:ButtonText;cursor:pointer}`

/** Asks before signing out; it has no script. */
export const signOutPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign out</title><style>${style}</style></head>
<body><main><h1>Sign out of Gatehouse?</h1><form method="post" action="/logout"><button autofocus>Sign out</button></form></main></body></html>
`

const styleHash = createHash('sha256').update(style).digest('base64')

export const signOutPagePolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`
