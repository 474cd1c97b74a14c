/** The gate that people use: where it is asked, or why it is not, in words. */
export type RunningGate = { readonly port: number } | { readonly notAsked: string }
