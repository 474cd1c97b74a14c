import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { IconPhoto } from '@tabler/icons-react'
import { request } from '../../api/client.ts'
import { Dialog } from '../../components/Dialog.tsx'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { useSession } from '../account/accountQueries.ts'
import { thumbnailPath } from '../outputs/outputLinks.ts'
import { outputPageSchema } from '../outputs/outputList.ts'
import { shrinkOwnPicture, shrinkPicture } from './shrinkPicture.ts'
import styles from './workflows.module.css'

interface PictureFieldProps {
  /** What is shown: a data URL or an address. */
  readonly value: string | undefined
  /** A data URL, or nothing. */
  readonly onChange: (picture: string | undefined) => void
  readonly busy?: boolean
}

/** The picture on the card of a workflow, from one's own pictures or from a file. */
export function PictureField({ value, onChange, busy = false }: PictureFieldProps) {
  const [choosing, setChoosing] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const read = useMutation({ mutationFn: (file: Blob) => shrinkPicture(file), onSuccess: onChange })
  return (
    <div className={styles.pictureField} role="group" aria-label="Picture">
      <div className={styles.picture}>
        {value === undefined ? <IconPhoto size={32} aria-hidden /> : <img src={value} alt="" />}
      </div>
      <div className={styles.pictureButtons}>
        <p>
          <strong>Picture</strong>
          <br />
          <span className="quiet small">What comes out of it, so that people know what they get.</span>
        </p>
        <div className={styles.row}>
          <Button variant="default" loading={busy} onClick={() => setChoosing(true)}>
            From my pictures …
          </Button>
          <Button variant="default" disabled={busy} loading={read.isPending} onClick={() => input.current?.click()}>
            From a file …
          </Button>
          {value !== undefined && (
            <Button variant="default" disabled={busy} onClick={() => onChange(undefined)}>
              No picture
            </Button>
          )}
        </div>
        <input
          ref={input}
          type="file"
          hidden
          accept="image/png,image/jpeg,image/webp"
          aria-label="Picture from a file"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? []
            event.currentTarget.value = ''
            if (file !== undefined) read.mutate(file)
          }}
        />
        <Refusal error={read.error} />
      </div>
      {choosing && (
        <OwnPictures
          onChoose={(picture) => {
            setChoosing(false)
            onChange(picture)
          }}
          onClose={() => setChoosing(false)}
        />
      )}
    </div>
  )
}

const shown = 48

interface OwnPicturesProps {
  readonly onChoose: (picture: string) => void
  readonly onClose: () => void
}

function OwnPictures({ onChoose, onClose }: OwnPicturesProps) {
  const user = useSession().data?.user.id
  const pictures = useQuery({
    queryKey: ['ownPictures', user],
    queryFn: () =>
      request('GET', 'outputs', { schema: outputPageSchema, query: { user, kind: 'image', limit: shown } }),
    enabled: user !== undefined,
  })
  const choose = useMutation({
    mutationFn: (id: string) => shrinkOwnPicture(thumbnailPath(id, 512)),
    onSuccess: onChoose,
  })
  return (
    <Dialog title="Choose one of your pictures" onClose={onClose} size={640}>
      {pictures.isPending && <LoadingRows rows={3} rowHeight={96} />}
      {pictures.isError && (
        <ErrorState
          what="Your pictures could not be read."
          error={pictures.error}
          onRetry={() => void pictures.refetch()}
        />
      )}
      {pictures.data?.items.length === 0 && (
        <p className="quiet">You have no pictures yet. Run the workflow once in ComfyUI, or take one from a file.</p>
      )}
      <ul className={styles.ownPictures}>
        {pictures.data?.items.map(({ id, name }) => (
          <li key={id}>
            <button type="button" disabled={choose.isPending} onClick={() => choose.mutate(id)}>
              <img src={thumbnailPath(id, 128)} alt={name} loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
      <Refusal error={choose.error} />
    </Dialog>
  )
}
