import { Notice } from '../../components/Notice.tsx'

/** What it means that devices from anywhere may connect. */
export function OutsideNotice() {
  return (
    <Notice tone="problem">
      <strong>People outside your home can come in.</strong> Anybody on the internet who finds this address reaches the
      sign-in page.
    </Notice>
  )
}
