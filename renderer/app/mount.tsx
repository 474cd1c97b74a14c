import { StrictMode } from 'react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { AppProvider } from './AppProvider.tsx'

/** Puts a page into the document. */
export function mount(page: ReactNode): void {
  const element = document.getElementById('root')
  if (element === null) throw new TypeError('the page has no #root')
  createRoot(element).render(
    <StrictMode>
      <AppProvider>{page}</AppProvider>
    </StrictMode>,
  )
}
