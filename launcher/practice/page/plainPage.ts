/** The engine's own page, for when ComfyUI's frontend is not installed. */
export const PLAIN_PAGE = '<!doctype html><title>Practice engine</title><p>Practice engine</p>'
