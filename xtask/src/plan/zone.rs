//! What a zone of firewalld is in an image: the vendor's file with elements more.

use lapstrake::Site;
use lapstrake::entry::Zone;
use lapstrake::suggest::nearest;
use lapstrake::value::{ImagePath, Mode, Port, ZoneName};
use lapstrake_oci::tree::{Kind, Metadata};

use super::edit::Unfit;
use super::place::Placer;
use super::{Origin, Undecided};
use crate::finding::Finding;

/// Where firewalld looks for zones and services: what is in `/etc` hides the vendor's file of that name.
const PLACES: [&str; 2] = ["/etc/firewalld", "/usr/lib/firewalld"];
const END: &str = "</zone>";

impl Placer<'_, '_, '_> {
    /// Puts a zone in the layer.
    pub(super) fn zone(&mut self, zone: &Zone, site: Site) {
        let ports: Vec<_> = zone.ports.iter().map(|port| self.valid(port)).collect();
        let Some(name) = self.valid(&zone.name) else { return };
        let Some(ports) = ports.into_iter().collect::<Option<Vec<_>>>() else { return };
        if let Some(layer) = self.unseen {
            let what = format!("`Zone::new({:?})`", name.as_str());
            self.undecided.push(Undecided { what, site, layer: layer.clone() });
            return;
        }
        if !self.has_firewall() {
            let message = "the base and the layers below have no firewalld, and nothing reads a zone";
            let finding = Finding::fatal("firewall", site, message);
            self.findings.push(finding.help("add `.packages([\"firewalld\"])`"));
            return;
        }
        self.unknown_services(zone, site);
        let elements = elements(zone, &ports);
        let found = PLACES.iter().find_map(|place| self.found(&format!("{place}/zones/{name}.xml")));
        let text = match found {
            None => Some(new_zone(&name, &elements)),
            Some(vendor) => {
                let change = |text: &str| with_elements(text, &elements).map_err(|unfit| vec![unfit]);
                let changed = self.lower().changed(&vendor, site, "Zone::new", change);
                self.known(changed).map(|(_, text, _)| text)
            }
        };
        let Some(text) = text else { return };
        let path = ImagePath::parse(&format!("/etc/firewalld/zones/{name}.xml"));
        let path = path.expect("the name of a zone is a part of a path");
        self.put(path, Kind::File(Origin::Text(text)), Metadata::of_root(Mode::FILE), site);
    }

    fn has_firewall(&self) -> bool {
        self.found("/usr/lib/firewalld/zones").is_some() || self.found("/etc/firewalld").is_some()
    }

    /// Returns the path of what is there, before this layer.
    fn found(&self, path: &str) -> Option<ImagePath> {
        let path = ImagePath::parse(path).ok()?;
        let found = self.members.below.tree.follow(&path).ok()?;
        self.members.below.get(&found).map(|_| path)
    }

    fn unknown_services(&mut self, zone: &Zone, site: Site) {
        let known: Vec<String> = PLACES
            .iter()
            .filter_map(|place| ImagePath::parse(&format!("{place}/services")).ok())
            .flat_map(|services| {
                let names = self.members.below.tree.children(&services).map(|(name, _)| name.to_owned());
                names.collect::<Vec<_>>()
            })
            .filter_map(|name| name.strip_suffix(".xml").map(str::to_owned))
            .collect();
        for service in zone.services.iter().filter(|service| !known.contains(*service)) {
            let message = format!("firewalld knows no service `{}`", service.escape_debug());
            let near = nearest(service, known.iter()).map(|near| format!("did you mean `{near}`?"));
            let help = near.unwrap_or_else(|| "write `.port(\"NUMBER/tcp\")`".to_owned());
            self.findings.push(Finding::fatal("firewall", site, message).help(help));
        }
    }
}

/// Returns the elements of a zone, as firewalld writes them (firewalld.zone(5)).
fn elements(zone: &Zone, ports: &[Port]) -> Vec<String> {
    let named = |element: &str, attribute: &str, value: &str| {
        format!("<{element} {attribute}=\"{}\"/>", escaped(value))
    };
    let interfaces = zone.interfaces.iter().map(|name| named("interface", "name", name));
    let sources = zone.sources.iter().map(|address| named("source", "address", address));
    let services = zone.services.iter().map(|name| named("service", "name", name));
    let ports = ports
        .iter()
        .map(|port| format!("<port port=\"{}\" protocol=\"{}\"/>", port.number(), port.protocol()));
    let masquerade = zone.masquerade.then(|| "<masquerade/>".to_owned());
    interfaces.chain(sources).chain(services).chain(ports).chain(masquerade).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn new_zone(name: &ZoneName, elements: &[String]) -> String {
    let lines: String = elements.iter().map(|element| format!("  {element}\n")).collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone>\n  <short>{name}</short>\n{lines}{END}\n")
}

/// Returns the text of a zone with these elements, as far as it lacks them.
fn with_elements(text: &str, elements: &[String]) -> Result<String, Unfit> {
    let mut ends = text.match_indices(END);
    let (Some((end, _)), None) = (ends.next(), ends.next()) else {
        return Err(Unfit::new(format!("is not a zone of firewalld: it has not one `{END}`")));
    };
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let present = squeezed(text);
    let missing = elements.iter().filter(|element| !present.contains(&squeezed(element)));
    let lines: String = missing.map(|element| format!("  {element}\n")).collect();
    Ok(format!("{}{lines}{}", &text[..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone>\n  <short>Public</short>\n  \
                          <service name=\"ssh\" />\n  <forward/>\n</zone>\n";

    #[test]
    fn a_zone_has_what_the_vendor_has_and_more() {
        let zone = Zone::new("public").service("ssh").service("http").port("7447/tcp").masquerade();
        let port = Port::parse("7447/tcp").unwrap();
        let text = with_elements(PUBLIC, &elements(&zone, &[port])).unwrap();
        let added =
            "  <service name=\"http\"/>\n  <port port=\"7447\" protocol=\"tcp\"/>\n  <masquerade/>\n</zone>";
        assert_eq!(text, PUBLIC.replace("</zone>", added), "ssh is there once");
    }

    #[test]
    fn what_is_not_a_zone_is_an_error() {
        for text in ["", "<zone/>", "<zone></zone></zone>"] {
            assert!(with_elements(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_is_escaped() {
        let zone = Zone::new("public").source("\"><x a=\"&");
        assert_eq!(elements(&zone, &[]), ["<source address=\"&quot;>&lt;x a=&quot;&amp;\"/>"]);
    }
}
