import '../styles/mantine.ts'
import { Suspense, lazy } from 'react'
import { invitationPath } from '../../proxy/contract/invitations.ts'
import { LoadingRows } from '../components/Loading.tsx'
import { mount } from './mount.tsx'

/** The pages before the sign-in are loaded by themselves: they stay small. */
function loadPage() {
  switch (window.location.pathname.replace(/\/$/, '')) {
    case '/login':
      return import('../pages/SignInPage.tsx').then((module) => ({ default: module.SignInPage }))
    case '/register':
      return import('../pages/RegisterPage.tsx').then((module) => ({ default: module.RegisterPage }))
    case '/generate_token':
      return import('../pages/TokenPage.tsx').then((module) => ({ default: module.TokenPage }))
    case invitationPath:
      return import('../pages/InvitePage.tsx').then((module) => ({ default: module.InvitePage }))
    default:
      return import('./PortalApp.tsx').then((module) => ({ default: module.PortalApp }))
  }
}

const loading = loadPage()
const Page = lazy(() => loading)

mount(
  <Suspense fallback={<LoadingRows rows={4} />}>
    <Page />
  </Suspense>,
)
