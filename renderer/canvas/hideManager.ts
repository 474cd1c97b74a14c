/**
 * ComfyUI-Manager's buttons, as its versions 3 and 4 name them. Only a courtesy for whom the Manager is closed: its
 * scripts are not in their list of extensions, and the gate refuses what the buttons would ask for.
 */
const MANAGER_STYLE = `
#cm-manager-dialog, #cn-manager-dialog, #cmm-manager-dialog, .comfyui-button[title="ComfyUI Manager"] { display: none !important; }
.comfyui-button-group:has(> .comfyui-button[title="ComfyUI Manager"]) { display: none !important; }
`

let style: HTMLStyleElement | undefined

export function hideManager(hidden: boolean): void {
  if (style === undefined) {
    style = document.createElement('style')
    style.textContent = MANAGER_STYLE
  }
  if (hidden) document.head.append(style)
  else style.remove()
}
