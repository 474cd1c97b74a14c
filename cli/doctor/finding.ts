/** What one check of the doctor found. */
export interface Finding {
  readonly check: string
  /** `bad` makes the command exit 1. */
  readonly verdict: 'good' | 'note' | 'bad'
  /** What is so, and what to do when it is not good. */
  readonly words: string
}
