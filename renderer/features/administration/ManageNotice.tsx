import type { ManagePlace } from './managePlace.ts'

/** Who this sign-in is for, and where everybody else goes. */
export function ManageNotice({ place: { peopleUrl } }: { readonly place: ManagePlace }) {
  return (
    <p className="quiet">
      Here administrators manage people and settings.{' '}
      {peopleUrl === '' ? (
        'Pictures are made at another address, while sharing is on.'
      ) : (
        <>
          To make pictures, go to <a href={peopleUrl}>{new URL(peopleUrl).host}</a>.
        </>
      )}
    </p>
  )
}
