import { PageHeader } from '../components/PageHeader.tsx'
import { AddressRulesSection } from '../features/network/AddressRulesSection.tsx'
import { AdministrationSection } from '../features/network/AdministrationSection.tsx'
import { BlockedSection } from '../features/network/BlockedSection.tsx'
import { HttpsSection } from '../features/network/HttpsSection.tsx'
import { LimitsSection } from '../features/network/LimitsSection.tsx'
import { ProxiesSection } from '../features/network/ProxiesSection.tsx'
import { ReachedSection } from '../features/network/ReachedSection.tsx'

/** Where is this computer reached, is it encrypted, who is kept out? One section after the other, in this order. */
export function NetworkPage() {
  return (
    <>
      <PageHeader title="Network">How others reach this computer, and who is kept out.</PageHeader>
      <ReachedSection />
      <HttpsSection />
      <AddressRulesSection />
      <BlockedSection />
      <LimitsSection />
      <ProxiesSection />
      <AdministrationSection />
    </>
  )
}
