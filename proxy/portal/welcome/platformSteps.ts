import type { Drawing } from './drawings.ts'
import type { PlatformName } from './platforms.ts'

/** What to do, in one sentence or two, and how it looks there. `{computer}` and `{file}` are filled in. */
export interface Step {
  readonly text: string
  /** The file that this step begins with. */
  readonly download?: 'profile' | 'certificate' | 'pem'
  /** To copy into a terminal. */
  readonly command?: string
  readonly drawing?: Drawing
}

export interface PlatformSteps {
  /** What must be so before; undefined: nothing. */
  readonly before?: string
  readonly steps: readonly Step[]
  /** Where the system shows the fingerprint, for the careful. */
  readonly fingerprint: string
  readonly remove: readonly string[]
}

const phone = (title: string, ...rows: Drawing['rows']): Drawing => ({ frame: 'phone', title, rows })
const desk = (title: string, ...rows: Drawing['rows']): Drawing => ({ frame: 'window', title, rows })

/** As the systems of 2025 and 2026 name things: iOS 18 and 26, Android 14 to 16, Windows 11, macOS 15 and 26. */
export const platformSteps: Readonly<Record<PlatformName, PlatformSteps>> = {
  ios: {
    before: 'Do this in Safari: other browsers on an iPhone or iPad cannot load a profile.',
    steps: [
      {
        text: 'Download the profile and allow it.',
        download: 'profile',
        drawing: phone(
          'Safari',
          { says: 'This website is trying to download a configuration profile. Do you want to allow this?' },
          { buttons: ['Ignore', 'Allow'], press: 'Allow' },
        ),
      },
      {
        text: 'Open Settings. Near the top it says “Profile Downloaded”: press it. If it is not there: General, then VPN & Device Management.',
        drawing: phone('Settings', { press: 'Profile Downloaded' }, { row: 'Wi-Fi' }, { row: 'Bluetooth' }),
      },
      {
        text: 'Press Install at the top right, type the code of your device, and press Install again. It says “Not Verified”, because only big companies are verified.',
        drawing: phone(
          'Install Profile',
          { buttons: ['Cancel', 'Install'], press: 'Install' },
          { says: 'Gatehouse on {computer}. Not Verified. Contains: Certificate' },
        ),
      },
      {
        text: 'One last switch: Settings, General, About, at the very bottom Certificate Trust Settings. Turn on the one that begins with “Gatehouse”, then Continue.',
        drawing: phone(
          'Certificate Trust Settings',
          { says: 'Enable full trust for root certificates' },
          { turnOn: 'Gatehouse authority of {computer}' },
        ),
      },
    ],
    fingerprint:
      'Settings, General, VPN & Device Management, Gatehouse, More Details, then the certificate: at the bottom it shows Fingerprints, SHA-256.',
    remove: ['Settings, General, VPN & Device Management.', 'Press “Gatehouse on {computer}”, then Remove Profile.'],
  },
  android: {
    before:
      'The phone needs a screen lock (PIN, pattern or password). Chrome, Edge and Samsung’s browser then trust it; for Firefox see its own page.',
    steps: [
      {
        text: 'Download the certificate. If the phone says that it must be installed in Settings, that is the next step.',
        download: 'certificate',
      },
      {
        text: 'Open Settings, press the magnifying glass, and look for “CA certificate”. By hand: Security & privacy, More security settings, Encryption & credentials, Install a certificate.',
        drawing: phone(
          'Install a certificate',
          { press: 'CA certificate' },
          { row: 'VPN & app user certificate' },
          { row: 'Wi-Fi certificate' },
        ),
      },
      {
        text: 'Android warns that your data won’t be private. That is true of authorities for every site; this one can vouch for {computer} and addresses at home only. Press Install anyway and confirm with your screen lock.',
        drawing: phone(
          'Your data won’t be private',
          { says: 'CA certificates are used by websites, apps and VPNs for encryption.' },
          { buttons: ['Don’t install', 'Install anyway'], press: 'Install anyway' },
        ),
      },
      {
        text: 'Choose the file from Downloads: {file}. It then says “CA certificate installed”.',
        drawing: phone('Downloads', { press: '{file}' }, { row: 'Holiday.jpg' }),
      },
    ],
    fingerprint: 'Settings, look for “Trusted credentials”, User, Gatehouse: it shows the SHA-256 fingerprint.',
    remove: [
      'Settings, look for “Trusted credentials” (or “User credentials”), then User.',
      'Press “Gatehouse authority of {computer}”, then Uninstall or Remove.',
    ],
  },
  windows: {
    before:
      'For Edge, Chrome, Firefox and most other programs of your own account. Nobody else who uses this computer is affected.',
    steps: [
      { text: 'Download the certificate and open it. If the browser asks, keep the file.', download: 'certificate' },
      {
        text: 'Press Install Certificate, leave Current User, then Next.',
        drawing: desk(
          'Certificate',
          { says: 'Issued to: Gatehouse authority of {computer}' },
          { buttons: ['Install Certificate…', 'OK'], press: 'Install Certificate…' },
        ),
      },
      {
        text: 'Choose “Place all certificates in the following store”, press Browse, choose Trusted Root Certification Authorities. Then Next and Finish.',
        drawing: desk(
          'Select Certificate Store',
          { row: 'Personal' },
          { press: 'Trusted Root Certification Authorities' },
          { row: 'Enterprise Trust' },
        ),
      },
      {
        text: 'Windows asks whether you want to install it, and shows a thumbprint. Press Yes. Then close the browser completely and open it again.',
        drawing: desk(
          'Security Warning',
          {
            says: 'You are about to install a certificate from a certification authority (CA) claiming to represent: Gatehouse authority of {computer}',
          },
          { buttons: ['Yes', 'No'], press: 'Yes' },
        ),
      },
    ],
    fingerprint:
      'In a terminal (PowerShell), before you install it, in the folder of your downloads: certutil -hashfile {file} SHA256',
    remove: [
      'Press the Windows key, type certmgr.msc, press Enter.',
      'Trusted Root Certification Authorities, Certificates: choose “Gatehouse authority of {computer}” and press Delete.',
    ],
  },
  macos: {
    before: 'For Safari, Chrome, Edge, Firefox and most other programs of your own account.',
    steps: [
      {
        text: 'Download the certificate and open it with a double click. Keychain Access opens; if it asks where to, choose “login”.',
        download: 'certificate',
      },
      {
        text: 'In Keychain Access choose login, then Certificates, and open “Gatehouse authority of {computer}” with a double click.',
        drawing: desk('Keychain Access', { row: 'login' }, { press: 'Gatehouse authority of {computer}' }),
      },
      {
        text: 'Open the part Trust and choose Always Trust. Close the window and type your password.',
        drawing: desk(
          'Gatehouse authority of {computer}',
          { row: 'Trust' },
          { press: 'When using this certificate: Always Trust' },
        ),
      },
    ],
    fingerprint: 'The same window of Keychain Access shows at the bottom: Fingerprints, SHA-256.',
    remove: [
      'Open Keychain Access, login, Certificates.',
      'Choose “Gatehouse authority of {computer}” and press the delete key.',
    ],
  },
  linux: {
    before: 'For Firefox see its own page: it keeps a list of its own.',
    steps: [
      {
        text: 'Chrome, Chromium and Edge: download the certificate, open chrome://certificate-manager, Local certificates, Custom, and beside Trusted Certificates press Import.',
        download: 'pem',
        drawing: desk(
          'Certificate Manager',
          { row: 'Your certificates' },
          { says: 'Custom: certificates installed by you' },
          { buttons: ['Trusted Certificates', 'Import'], press: 'Import' },
        ),
      },
      {
        text: 'For the whole system, as curl and Python use it (Debian, Ubuntu, Mint), in the folder of your downloads:',
        command: 'sudo cp {file} /usr/local/share/ca-certificates/ && sudo update-ca-certificates',
      },
      { text: 'The same on Fedora, Arch and openSUSE:', command: 'sudo trust anchor --store {file}' },
    ],
    fingerprint: 'In a terminal: openssl x509 -noout -fingerprint -sha256 -in {file}',
    remove: [
      'Chrome: chrome://certificate-manager, Local certificates, Custom: remove it there.',
      'System: sudo rm /usr/local/share/ca-certificates/{file} && sudo update-ca-certificates --fresh, or sudo trust anchor --remove {file}.',
    ],
  },
  firefox: {
    before:
      'On Windows and Mac, Firefox takes over what the system trusts: follow the steps for Windows or Mac instead. These are for Linux and Android.',
    steps: [
      {
        text: 'Linux: download the certificate. Firefox may ask at once; tick “Trust this CA to identify websites”.',
        download: 'pem',
      },
      {
        text: 'If it does not ask: Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import. Choose {file}.',
        drawing: desk(
          'Certificate Manager',
          { buttons: ['Your Certificates', 'Authorities'], press: 'Authorities' },
          { buttons: ['View…', 'Import…'], press: 'Import…' },
        ),
      },
      {
        text: 'Tick “Trust this CA to identify websites” and press OK.',
        drawing: desk(
          'Downloading Certificate',
          { turnOn: 'Trust this CA to identify websites.' },
          { buttons: ['View', 'OK'], press: 'OK' },
        ),
      },
      {
        text: 'Android: first the steps for Android. Then in Firefox: Settings, About Firefox, press the logo five times, go back, Secret Settings, turn on “Use third party CA certificates”.',
        drawing: phone('Secret Settings', { turnOn: 'Use third party CA certificates' }),
      },
    ],
    fingerprint: 'View Certificates, Authorities, Gatehouse, View: it shows Fingerprints, SHA-256.',
    remove: [
      'Settings, Privacy & Security, View Certificates, Authorities.',
      'Choose “Gatehouse authority of {computer}”, press Delete or Distrust.',
    ],
  },
}
