import { IconCamera, IconLibraryPhoto, IconPhoto, IconX } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { ChangeEvent } from 'react'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { errorMessage } from '../../api/apiError.ts'
import { useMay } from '../account/permissions.ts'
import { FieldFrame, toFieldId } from './FieldFrame.tsx'
import styles from './Fields.module.css'
import { OwnPictureDialog } from './OwnPictureDialog.tsx'
import type { StartPicture } from './runDraft.ts'
import { useUploadPicture } from './uploadPicture.ts'

interface PictureFieldProps {
  readonly input: Extract<WorkflowInput, { kind: 'image' }>
  readonly value: StartPicture | undefined
  readonly problem: string | undefined
  readonly onChange: (value: StartPicture | null) => void
}

/** A picture to start from: of the camera, of this device, or one of one's own that was made here. */
export function PictureField({ input, value, problem, onChange }: PictureFieldProps) {
  const id = toFieldId(input.key)
  const mayChooseOwn = useMay()('outputs')
  const [choosing, setChoosing] = useState(false)
  const upload = useUploadPicture()
  const send = (file: File | undefined) => {
    if (file !== undefined) upload.mutate(file, { onSuccess: onChange })
  }
  const failure = upload.error === null ? undefined : errorMessage(upload.error)
  return (
    <FieldFrame id={id} label={input.label} hint={input.hint} problem={failure ?? problem} kind="group">
      <div className={styles.picture} data-empty={value === undefined}>
        {upload.isPending ? (
          <p role="status" className={styles.sending}>
            Sending the picture …
          </p>
        ) : (
          value !== undefined && <Chosen picture={value} label={input.label} onClear={() => onChange(null)} />
        )}
        <div className={styles.sources}>
          <FileButton label="Take a photo" icon={IconCamera} camera disabled={upload.isPending} onFile={send} />
          <FileButton label="Choose a picture" icon={IconPhoto} disabled={upload.isPending} onFile={send} />
          {mayChooseOwn && (
            <button
              type="button"
              className={styles.source}
              disabled={upload.isPending}
              onClick={() => setChoosing(true)}
            >
              <IconLibraryPhoto size={22} aria-hidden />
              From my pictures
            </button>
          )}
        </div>
      </div>
      {choosing && (
        <OwnPictureDialog
          onChoose={(picture) => {
            upload.reset()
            onChange(picture)
            setChoosing(false)
          }}
          onClose={() => setChoosing(false)}
        />
      )}
    </FieldFrame>
  )
}

interface ChosenProps {
  readonly picture: StartPicture
  readonly label: string
  readonly onClear: () => void
}

function Chosen({ picture, label, onClear }: ChosenProps) {
  const [broken, setBroken] = useState(false)
  return (
    <div className={styles.chosen}>
      {picture.look !== null && !broken ? (
        <img src={picture.look} alt={`${label}: ${picture.label}`} onError={() => setBroken(true)} />
      ) : (
        <span className={styles.noLook}>
          <IconPhoto size={28} aria-hidden />
          {picture.label}
        </span>
      )}
      <button type="button" className={styles.clear} aria-label={`Take ${label} away`} onClick={onClear}>
        <IconX size={20} aria-hidden />
      </button>
    </div>
  )
}

interface FileButtonProps {
  readonly label: string
  readonly icon: typeof IconPhoto
  /** Opens the camera of a phone at once. */
  readonly camera?: boolean
  readonly disabled: boolean
  readonly onFile: (file: File | undefined) => void
}

function FileButton({ label, icon: Icon, camera = false, disabled, onFile }: FileButtonProps) {
  const field = useRef<HTMLInputElement>(null)
  const read = (event: ChangeEvent<HTMLInputElement>) => {
    onFile(event.currentTarget.files?.[0])
    // The same file once more is a change, too.
    event.currentTarget.value = ''
  }
  return (
    <>
      <button
        type="button"
        className={styles.source}
        data-camera={camera}
        disabled={disabled}
        onClick={() => field.current?.click()}
      >
        <Icon size={22} aria-hidden />
        {label}
      </button>
      <input
        ref={field}
        type="file"
        accept="image/*"
        hidden
        aria-label={label}
        onChange={read}
        {...(camera ? { capture: 'environment' as const } : {})}
      />
    </>
  )
}
