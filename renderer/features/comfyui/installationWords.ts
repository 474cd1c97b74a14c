const words: Readonly<Record<string, string>> = {
  git: 'from Git, with its own Python',
  portable: 'portable for Windows',
  desktop: 'from ComfyUI Desktop',
  folder: 'in this folder',
}

/** How an installation came to be, in words; an unknown kind says nothing. */
export function kindWords(kind: string): string {
  return words[kind] ?? ''
}
