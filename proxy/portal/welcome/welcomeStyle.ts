/** For phones of many years: no grid, no variables without a colour before them, nothing fixed in width. */
export const welcomeStyle = `:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;background:#fff;color:#191b22;overflow-wrap:break-word;word-wrap:break-word;-webkit-text-size-adjust:100%}
main{max-width:36rem;margin:0 auto;padding:1.25rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0 1rem}
h2{font-size:1.15rem;line-height:1.3;margin:2rem 0 .5rem}
p{margin:.5rem 0}
a{color:#3949c6}
.quiet,.says{color:#565c6b}
.small{font-size:.875rem}
.choice{display:block;padding:.85rem 1rem;margin:.75rem 0;border-radius:8px;border:1px solid #868c9a;color:inherit;text-decoration:none}
.choice b{display:block;font-size:1.05rem}
.first{background:#3949c6;border-color:#3949c6;color:#fff}
.words{margin:.5rem 0;padding:.75rem 1rem;border-radius:8px;border:1px solid #dfe2e9;font-size:1.2rem;font-weight:600}
.words span{display:inline-block;margin-right:.75rem}
.digits{font-family:ui-monospace,Consolas,monospace;font-size:.875rem;word-break:break-all}
summary{min-height:44px;padding:.6rem 0;cursor:pointer;font-weight:600}
nav{margin:1rem 0}
nav a{display:inline-block;min-height:44px;padding:.55rem .9rem;margin:0 .4rem .5rem 0;border:1px solid #868c9a;border-radius:22px;text-decoration:none;color:inherit}
nav a[aria-current]{background:#191b22;border-color:#191b22;color:#fff}
ol{padding-left:1.4rem}
li{margin:0 0 1.5rem}
li::marker{font-weight:700}
.load{display:inline-block;min-height:44px;padding:.55rem 1rem;margin:.5rem 0;border-radius:8px;background:#3949c6;color:#fff;text-decoration:none}
code{display:block;margin:.5rem 0;padding:.75rem;border-radius:8px;background:#eef0f4;color:#191b22;font:.875rem/1.5 ui-monospace,Consolas,monospace;word-break:break-all}
.note{padding:.75rem 1rem;border-radius:8px;border:1px solid #dfe2e9;margin:1rem 0}
.good{border-color:#18764a;border-width:2px}
[hidden]{display:none}
.screen{margin:.75rem 0;padding:0 0 .75rem;border:2px solid #868c9a;background:#f6f7f9;color:#191b22;font-size:.875rem;line-height:1.4;overflow:hidden}
.phone{max-width:16rem;border-radius:18px}
.window{max-width:23rem;border-radius:8px}
.bar{padding:.5rem .85rem;font-weight:600;border-bottom:1px solid #dfe2e9;background:#e6e9ee;text-align:center}
.window .bar{text-align:left}
.says{padding:.6rem .85rem 0}
.row{margin:.5rem .6rem 0;padding:.5rem .6rem;border-radius:8px;background:#fff;border:1px solid #dfe2e9}
.press{border:3px solid #3949c6;font-weight:600}
.buttons{padding:.6rem .6rem 0}
.button{display:inline-block;padding:.4rem .7rem;margin:0 .25rem .25rem 0;border-radius:8px;background:#fff;border:1px solid #dfe2e9}
.button.press{border:3px solid #3949c6}
.switch{display:inline-block;width:2rem;height:1.1rem;border-radius:1rem;background:#18764a;border-right:.95rem solid #9bd3b0;margin-right:.5rem;vertical-align:-.15rem}
@media (prefers-color-scheme:dark){
body{background:#171a20;color:#eceef3}
a{color:#a9b4ff}
.quiet{color:#a5abb9}
.choice,nav a{border-color:#6c7382}
.first,.load{background:#4d5fdc;border-color:#4d5fdc;color:#fff}
.words,.note{border-color:#2a2f39}
.good{border-color:#52c98f}
nav a[aria-current]{background:#eceef3;border-color:#eceef3;color:#191b22}
}`
