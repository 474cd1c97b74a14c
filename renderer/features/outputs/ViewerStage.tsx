import { IconFile } from '@tabler/icons-react'
import { useState } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import styles from './OutputViewer.module.css'
import { filePath, thumbnailPath } from './outputLinks.ts'
import { ZoomablePicture } from './ZoomablePicture.tsx'

/** The picture, video or sound itself. */
export function ViewerStage({ output }: { readonly output: Output }) {
  const [broken, setBroken] = useState(false)
  const fail = () => setBroken(true)
  if (broken) return <CannotShow text="It cannot be shown here. Download it to open it in another program." />
  switch (output.kind) {
    case 'image':
      return <ZoomablePicture output={output} onError={fail} />
    case 'video':
      return (
        <video
          className={styles.video}
          src={filePath(output.id)}
          poster={thumbnailPath(output.id, 512)}
          controls
          loop
          playsInline
          preload="metadata"
          aria-label={output.name}
          onError={fail}
        />
      )
    case 'audio':
      return (
        <audio className={styles.audio} src={filePath(output.id)} controls aria-label={output.name} onError={fail} />
      )
    case 'model':
    case 'other':
      return <CannotShow text="This kind of file is not shown here. Download it to use it." />
  }
}

function CannotShow({ text }: { readonly text: string }) {
  return (
    <div className={styles.cannotShow}>
      <IconFile size={48} aria-hidden />
      <p>{text}</p>
    </div>
  )
}
