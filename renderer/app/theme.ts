import { ActionIcon, Button, Checkbox, Drawer, Modal, createTheme } from '@mantine/core'

/** The page below is dimmed; base.css keeps it from scrolling. */
const above = { lockScroll: false, overlayProps: { backgroundOpacity: 0.45, color: '#0a0c12' } }

/** Colours live in styles/tokens.css; here is only what Mantine must know in code. */
export const theme = createTheme({
  cursorType: 'pointer',
  defaultRadius: 'md',
  respectReducedMotion: true,
  activeClassName: '',
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 36 } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'sm' } }),
    Modal: Modal.extend({ defaultProps: { transitionProps: { duration: 140 }, ...above } }),
    Drawer: Drawer.extend({ defaultProps: { transitionProps: { duration: 160 }, ...above } }),
  },
})
