import { IconMaximize, IconZoomIn, IconZoomOut } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import type { PointerEvent, RefObject } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import styles from './OutputViewer.module.css'
import { ownLinks } from './outputLinks.ts'
import type { PictureLinks } from './outputLinks.ts'
import { useWindowKeys } from './useWindowKeys.ts'

/** What is shown: one's own, or one that somebody shares. */
export type ShownPicture = Pick<Output, 'id' | 'name' | 'width' | 'height'>

interface ZoomablePictureProps {
  readonly output: ShownPicture
  readonly links?: PictureLinks
  readonly onError: () => void
}

/** How many CSS pixels one pixel of the picture takes; `fit`: as large as there is room. */
type Zoom = 'fit' | number

const steps = [0.25, 0.5, 1, 2, 4, 8]

/** The next larger or smaller step from what is shown; below the fitting size it fits again. */
export function stepZoom(shown: number, fitting: number, direction: 1 | -1): Zoom {
  const next =
    direction === 1
      ? steps.find((step) => step > shown * 1.01)
      : [...steps].reverse().find((step) => step < shown * 0.99)
  if (next === undefined) return direction === 1 ? shown : 'fit'
  return next <= fitting ? 'fit' : next
}

/** Fits its place; nearer by buttons, keys or a double click, and then moved by dragging. */
export function ZoomablePicture({ output, links = ownLinks, onError }: ZoomablePictureProps) {
  const place = useRef<HTMLDivElement>(null)
  const picture = useRef<HTMLImageElement>(null)
  const [zoom, setZoom] = useState<Zoom>('fit')
  const [loaded, setLoaded] = useState(false)
  const step = (direction: 1 | -1) => {
    const [image, box] = [picture.current, place.current]
    if (image === null || box === null || image.naturalWidth === 0) return
    const fitting = Math.min(1, box.clientWidth / image.naturalWidth, box.clientHeight / image.naturalHeight)
    setZoom(stepZoom(zoom === 'fit' ? fitting : zoom, fitting, direction))
  }
  useWindowKeys({ '+': () => step(1), '=': () => step(1), '-': () => step(-1), '0': () => setZoom('fit') })
  useCentered(place, zoom)
  const width = zoom === 'fit' ? undefined : (picture.current?.naturalWidth ?? 0) * zoom
  return (
    <>
      <div
        ref={place}
        className={styles.place}
        data-zoomed={zoom !== 'fit'}
        {...(zoom === 'fit' ? {} : { role: 'group', tabIndex: 0, 'aria-label': 'Enlarged picture' })}
        style={loaded || zoom !== 'fit' ? {} : { backgroundImage: `url("${links.thumbnail(output.id, 512)}")` }}
        onDoubleClick={() => setZoom(zoom === 'fit' ? 1 : 'fit')}
        onPointerDown={zoom === 'fit' ? undefined : startDrag}
      >
        <img
          ref={picture}
          src={links.file(output.id)}
          alt={output.name}
          draggable={false}
          {...(output.width === null || output.height === null ? {} : { width: output.width, height: output.height })}
          style={width === undefined ? {} : { width, height: 'auto', maxWidth: 'none', maxHeight: 'none' }}
          onLoad={() => setLoaded(true)}
          onError={onError}
        />
      </div>
      <div className={styles.zoom} role="group" aria-label="Size">
        <button type="button" aria-label="Smaller" disabled={zoom === 'fit'} onClick={() => step(-1)}>
          <IconZoomOut size={20} aria-hidden />
        </button>
        <button type="button" aria-label="Fit the window" disabled={zoom === 'fit'} onClick={() => setZoom('fit')}>
          {zoom === 'fit' ? <IconMaximize size={20} aria-hidden /> : `${Math.round(zoom * 100)} %`}
        </button>
        <button type="button" aria-label="Larger" onClick={() => step(1)}>
          <IconZoomIn size={20} aria-hidden />
        </button>
      </div>
    </>
  )
}

/** What was in the middle before stays there. */
function useCentered(place: RefObject<HTMLDivElement | null>, zoom: Zoom): void {
  useEffect(() => {
    const box = place.current
    if (box === null || zoom === 'fit') return
    box.scrollTo((box.scrollWidth - box.clientWidth) / 2, (box.scrollHeight - box.clientHeight) / 2)
  }, [place, zoom])
}

/** A mouse moves the picture as a finger does by itself. */
function startDrag(event: PointerEvent<HTMLElement>): void {
  if (event.pointerType !== 'mouse' || event.button !== 0) return
  const box = event.currentTarget
  const start = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop }
  box.setPointerCapture(event.pointerId)
  const move = (moved: globalThis.PointerEvent) => box.scrollTo(start.x - moved.clientX, start.y - moved.clientY)
  const stop = () => {
    box.removeEventListener('pointermove', move)
    box.removeEventListener('pointerup', stop)
    box.removeEventListener('pointercancel', stop)
  }
  box.addEventListener('pointermove', move)
  box.addEventListener('pointerup', stop)
  box.addEventListener('pointercancel', stop)
}
