import { CloseButton, Modal } from '@mantine/core'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { ApiError } from '../../api/apiError.ts'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { useMay } from '../account/permissions.ts'
import { canShare } from '../shares/shareWords.ts'
import type { GalleryPlace } from './galleryPlace.ts'
import { OutputActions } from './OutputActions.tsx'
import { OutputFacts } from './OutputFacts.tsx'
import styles from './OutputViewer.module.css'
import { filePath } from './outputLinks.ts'
import { useOutputDetails } from './outputQueries.ts'
import type { OutputCommands } from './useOutputCommands.ts'
import { useSwipe } from './useSwipe.ts'
import { useWindowKeys } from './useWindowKeys.ts'
import { ViewerStage } from './ViewerStage.tsx'
import { ViewerStep } from './ViewerStep.tsx'

interface OutputViewerProps {
  readonly id: string
  /** The list it stands in, as far as it has been read. */
  readonly outputs: readonly Output[]
  readonly place: GalleryPlace
  readonly commands: OutputCommands
  /** Another one, or none. */
  readonly onShow: (id: string | undefined) => void
  readonly readMore: () => void
  readonly onShare: (outputs: readonly Output[]) => void
  /** What was done, above the picture. */
  readonly children: ReactNode
}

/** One picture as large as the window, with everything that is known of it and what can be done with it. */
export function OutputViewer(props: OutputViewerProps) {
  const { id, outputs, place, commands, onShow, readMore, onShare, children } = props
  const may = useMay()
  const details = useOutputDetails(id)
  const index = outputs.findIndex((output) => output.id === id)
  const output = details.data ?? outputs[index]
  const [previous, next] = index === -1 ? [] : [outputs[index - 1], outputs[index + 1]]
  const go = (to: Output | undefined) => {
    if (to !== undefined) onShow(to.id)
  }
  const remove = () => {
    if (output === undefined) return
    commands.remove([output])
    onShow((next ?? previous)?.id)
  }
  useReadingAhead(index, outputs, readMore)
  useWindowKeys({
    ArrowLeft: () => go(previous),
    ArrowRight: () => go(next),
    Delete: remove,
    k: () => commands.keep(output === undefined ? [] : [output]),
    d: () => commands.download(output === undefined ? [] : [output]),
  })
  const swipe = useSwipe(
    () => go(previous),
    () => go(next),
  )
  const close = () => onShow(undefined)
  return (
    <Modal.Root opened onClose={close} fullScreen lockScroll={false} transitionProps={{ duration: 0 }}>
      <Modal.Content
        data-fills-window
        aria-label={output?.name ?? 'Picture'}
        classNames={{ content: styles.content ?? '' }}
        radius={0}
      >
        <div className={styles.frame}>
          <div className={styles.stage} {...swipe}>
            {output !== undefined && <ViewerStage key={id} output={output} />}
            <ViewerStep side="left" label="Newer" to={previous} onGo={go} />
            <ViewerStep side="right" label="Older" to={next} onGo={go} />
            <CloseButton
              aria-label="Close"
              size={44}
              iconSize={24}
              className={styles.close}
              data-autofocus
              onClick={close}
            />
          </div>
          <div className={styles.panel} tabIndex={0} role="region" aria-label="About this picture">
            {output === undefined && details.isPending && <LoadingRows rows={4} />}
            {details.isError && <DetailsError error={details.error} onRetry={() => void details.refetch()} />}
            {output !== undefined && (
              <>
                <h2 className={styles.title}>{output.name}</h2>
                <OutputActions
                  key={id}
                  output={output}
                  hasWorkflow={details.data?.hasWorkflow === true}
                  canvas={place.canvas}
                  commands={commands}
                  onRemove={remove}
                  onShare={may('share') && canShare(output) ? () => onShare([output]) : undefined}
                />
                <OutputFacts output={output} madeWith={details.data?.madeWith} withPerson={place.withPerson} />
              </>
            )}
          </div>
        </div>
        {children}
      </Modal.Content>
    </Modal.Root>
  )
}

function DetailsError({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <ErrorState
        what="This picture is no longer here."
        error={new Error('It was removed, or its link is not complete.')}
      />
    )
  }
  return <ErrorState what="What is known of this picture could not be read." error={error} onRetry={onRetry} />
}

/** Older ones are read before one gets there, and the neighbours' files too. */
function useReadingAhead(index: number, outputs: readonly Output[], readMore: () => void): void {
  useEffect(() => {
    if (index === -1) return
    if (index + 5 >= outputs.length) readMore()
    for (const neighbour of [outputs[index + 1], outputs[index - 1]]) {
      if (neighbour?.kind === 'image') new Image().src = filePath(neighbour.id)
    }
  }, [index, outputs, readMore])
}
