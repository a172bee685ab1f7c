//! Every kind of shape by itself, and documents that an XML reader takes.

use std::sync::Arc;

use eframe::egui::emath::TSTransform;
use eframe::egui::epaint::{
    BandPoint, BandShape, ClippedShape, ColorMode, CornerRadius, CubicBezierShape, EllipseShape, Mesh, PathShape,
    PathStroke, QuadraticBezierShape, RectShape, TextShape, Vertex,
};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{
    Color32, ColorImage, Context, FontFamily, FontId, Galley, Pos2, Rect, Shape, Stroke, StrokeKind, TextureId, pos2,
    vec2,
};

use super::{Drawing, Images, shapes};

const RED: Color32 = Color32::from_rgb(255, 0, 0);

fn svg(shape: impl Into<Shape>) -> String {
    let mut out = String::new();
    shapes::write(&mut out, &shape.into(), &Images::default());
    out
}

fn pen() -> Stroke {
    Stroke::new(2.0, RED)
}

fn rect(x: f32, y: f32, w: f32, h: f32) -> Rect {
    Rect::from_min_size(pos2(x, y), vec2(w, h))
}

/// Names of all elements; panics at what is not sound XML.
fn elements(document: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("sound XML") {
            quick_xml::events::Event::Start(e) | quick_xml::events::Event::Empty(e) => {
                e.attributes().for_each(|a| assert!(a.is_ok(), "{a:?}"));
                names.push(String::from_utf8(e.name().as_ref().to_vec()).unwrap());
            }
            quick_xml::events::Event::Eof => return names,
            _ => {}
        }
    }
}

fn drawing(shapes: Vec<ClippedShape>) -> Drawing {
    Drawing {
        title: "A < B & \"C\"".into(),
        rect: rect(10.0, 20.0, 100.0, 50.0),
        background: Color32::BLACK,
        shapes,
        images: Images::default(),
    }
}

#[test]
fn a_bitmap_stands_within_the_document_and_other_textures_are_left_out() {
    let texture = TextureId::Managed(7);
    let place = rect(1.0, 2.0, 30.0, 20.0);
    let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    let shape = Shape::image(texture, place, whole, Color32::WHITE);
    assert_eq!(svg(shape.clone()), "", "nobody knows its pixels");
    let cells = ColorImage::new([2, 1], vec![RED, Color32::BLUE]);
    let mut out = String::new();
    shapes::write(&mut out, &shape, &Images::from([(texture, Arc::new(cells))]));
    let data = out.split("base64,").nth(1).and_then(|rest| rest.split('"').next()).expect("an image");
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, data).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels, [255, 0, 0, 0, 0, 255]);
    assert!(out.starts_with("<image x=\"1\" y=\"2\" width=\"30\" height=\"20\" "), "{out}");
}

#[test]
fn circles_and_ellipses() {
    let circle = Shape::circle_filled(pos2(1.0, 2.0), 3.0, RED);
    assert_eq!(svg(circle), "<circle cx=\"1\" cy=\"2\" r=\"3\" fill=\"#ff0000\"/>\n");
    let ring = Shape::circle_stroke(pos2(1.0, 2.0), 3.5, pen());
    assert_eq!(
        svg(ring),
        "<circle cx=\"1\" cy=\"2\" r=\"3.5\" fill=\"none\" stroke=\"#ff0000\" stroke-width=\"2\"/>\n"
    );
    let mut ellipse = EllipseShape::filled(pos2(1.0, 2.0), vec2(3.0, 4.0), RED);
    ellipse.angle = std::f32::consts::FRAC_PI_2;
    let turned = svg(Shape::Ellipse(ellipse));
    assert!(turned.contains("rx=\"3\" ry=\"4\"") && turned.contains("rotate(90 1 2)"), "{turned}");
}

#[test]
fn lines_and_paths() {
    let line = Shape::line_segment([pos2(0.0, 1.0), pos2(2.0, 3.25)], pen());
    assert_eq!(svg(line), "<line x1=\"0\" y1=\"1\" x2=\"2\" y2=\"3.25\" stroke=\"#ff0000\" stroke-width=\"2\"/>\n");
    let corners = vec![pos2(0.0, 0.0), pos2(4.0, 0.0), pos2(4.0, 4.0)];
    let open = svg(PathShape::line(corners.clone(), pen()));
    assert!(open.starts_with("<polyline points=\"0,0 4,0 4,4\" fill=\"none\""), "{open}");
    let closed = svg(Shape::convex_polygon(corners.clone(), RED, Stroke::NONE));
    assert_eq!(closed, "<polygon points=\"0,0 4,0 4,4\" fill=\"#ff0000\"/>\n");
    let changing = PathStroke { color: ColorMode::UV(Arc::new(|_, _| RED)), ..PathStroke::new(1.0, Color32::BLACK) };
    assert!(svg(PathShape::line(corners, changing)).contains("stroke=\"#ff0000\""));
}

#[test]
fn curves_and_bands() {
    let points = [pos2(0.0, 0.0), pos2(1.0, 5.0), pos2(2.0, 0.0)];
    let bow = QuadraticBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, pen());
    assert!(svg(Shape::QuadraticBezier(bow)).starts_with("<path d=\"M0,0 Q1,5 2,0\" fill=\"none\""));
    let points = [pos2(0.0, 0.0), pos2(1.0, 5.0), pos2(2.0, 5.0), pos2(3.0, 0.0)];
    let bow = CubicBezierShape::from_points_stroke(points, true, RED, Stroke::NONE);
    assert_eq!(svg(Shape::CubicBezier(bow)), "<path d=\"M0,0 C1,5 2,5 3,0 Z\" fill=\"#ff0000\"/>\n");
    let band = BandShape::filled(vec![BandPoint::new(0.0, 1.0..=2.0), BandPoint::new(5.0, 0.0..=3.0)], RED);
    assert_eq!(svg(Shape::Band(band)), "<polygon points=\"0,1 5,0 5,3 0,2\" fill=\"#ff0000\"/>\n");
}

#[test]
fn rectangles_keep_their_corners_and_the_side_of_their_outline() {
    let plain = svg(RectShape::filled(rect(1.0, 2.0, 3.0, 4.0), 0, RED));
    assert_eq!(plain, "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" fill=\"#ff0000\"/>\n");
    let at = |kind| svg(RectShape::stroke(rect(0.0, 0.0, 10.0, 10.0), 3, pen(), kind));
    assert!(at(StrokeKind::Inside).starts_with("<rect x=\"1\" y=\"1\" width=\"8\" height=\"8\" rx=\"2\""));
    assert!(at(StrokeKind::Middle).starts_with("<rect x=\"0\" y=\"0\" width=\"10\" height=\"10\" rx=\"3\""));
    assert!(at(StrokeKind::Outside).starts_with("<rect x=\"-1\" y=\"-1\" width=\"12\" height=\"12\" rx=\"4\""));
    let corners = CornerRadius { nw: 2, ne: 0, sw: 0, se: 2 };
    let odd = svg(RectShape::filled(rect(0.0, 0.0, 10.0, 10.0), corners, RED));
    assert!(odd.starts_with("<path d=\"M2 0H10A0 0 0 0 1 10 0V8A2 2 0 0 1 8 10H0"), "{odd}");
}

#[test]
fn a_heat_map_is_rectangles_and_a_band_is_one_path() {
    let mut heat = Mesh::default();
    heat.add_colored_rect(rect(0.0, 0.0, 5.0, 5.0), RED);
    heat.add_colored_rect(rect(6.0, 0.0, 5.0, 5.0), Color32::from_rgba_unmultiplied(0, 0, 255, 51));
    assert_eq!(
        svg(heat),
        "<rect x=\"0\" y=\"0\" width=\"5\" height=\"5\" fill=\"#ff0000\"/>\n\
         <rect x=\"6\" y=\"0\" width=\"5\" height=\"5\" fill=\"#0000ff\" fill-opacity=\"0.2\"/>\n"
    );
    let mut band = Mesh::default();
    for (x, y) in [(0.0, 0.0), (0.0, 4.0), (5.0, 1.0), (5.0, 7.0)] {
        band.vertices.push(Vertex::untextured(pos2(x, y), RED));
    }
    band.add_triangle(0, 1, 2);
    band.add_triangle(2, 1, 3);
    assert_eq!(svg(band), "<path d=\"M0,0 0,4 5,1ZM5,1 0,4 5,7Z\" fill=\"#ff0000\"/>\n");
    let mut textured = Mesh::with_texture(TextureId::User(3));
    textured.add_rect_with_uv(rect(0.0, 0.0, 5.0, 5.0), rect(0.0, 0.0, 1.0, 1.0), RED);
    assert_eq!(svg(textured), "");
}

#[test]
fn what_cannot_be_drawn_leaves_nothing() {
    let nowhere = Shape::circle_filled(pos2(f32::NAN, 0.0), 3.0, RED);
    let unseen = Shape::rect_filled(rect(0.0, 0.0, 9.0, 9.0), 0, Color32::TRANSPARENT);
    let endless = Shape::line_segment([pos2(0.0, 0.0), pos2(f32::INFINITY, 0.0)], pen());
    let one_point = Shape::line(vec![pos2(0.0, 0.0)], pen());
    let all = Shape::Vec(vec![Shape::Noop, nowhere, unseen, endless, one_point]);
    assert_eq!(svg(all), "");
}

/// Lays out `job` as the window would.
fn galley(job: LayoutJob) -> Arc<Galley> {
    let ctx = Context::default();
    crate::ui::kit::fonts::install(&ctx);
    let mut laid_out = None;
    let mut output = ctx.run_ui(eframe::egui::RawInput::default(), |ui| {
        laid_out = Some(ui.painter().layout_job(job.clone()));
    });
    output.textures_delta.clear();
    laid_out.unwrap()
}

fn words(job: LayoutJob, at: Pos2) -> String {
    svg(Shape::Text(TextShape::new(at, galley(job), RED)))
}

#[test]
fn text_has_a_line_per_row_and_format() {
    let mut job = LayoutJob::default();
    job.append("é<1", 0.0, TextFormat::simple(FontId::proportional(11.0), Color32::PLACEHOLDER));
    let strong = FontId::new(13.0, FontFamily::Name("strong".into()));
    job.append("two\nthree", 0.0, TextFormat::simple(strong, Color32::WHITE));
    let text = words(job, pos2(100.0, 200.0));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].contains(">é&lt;1</text>") && lines[0].contains("fill=\"#ff0000\""), "{text}");
    assert!(lines[0].contains("font-family=\"Inter, sans-serif\" font-weight=\"400\" font-size=\"11\""), "{text}");
    assert!(lines[1].contains(">two</text>") && lines[1].contains("font-weight=\"600\""), "{text}");
    assert!(lines[2].contains(">three</text>") && lines[2].contains("x=\"100\""), "{text}");
    let number = |line: &str, name: &str| -> f32 {
        let rest = line.split_once(&format!(" {name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    assert!(number(lines[1], "x") > 105.0, "{text}");
    assert!((number(lines[0], "y") - number(lines[1], "y")).abs() < 0.01, "one baseline: {text}");
    assert!(number(lines[2], "y") > number(lines[1], "y") + 10.0, "{text}");
    assert!(number(lines[2], "textLength") > 20.0, "{text}");
}

#[test]
fn cut_text_keeps_its_ellipsis_and_empty_text_is_left_out() {
    let mut job = LayoutJob::simple_singleline("a long caption".into(), FontId::proportional(12.0), RED);
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(40.0);
    let text = words(job, pos2(0.0, 0.0));
    assert!(text.contains('…') && text.lines().count() == 1, "{text}");
    let blank = LayoutJob::simple_singleline("  ".into(), FontId::proportional(12.0), RED);
    assert_eq!(words(blank, pos2(0.0, 0.0)), "");
}

#[test]
fn a_document_is_sound_clipped_and_has_its_background() {
    let whole = Rect::EVERYTHING;
    let part = rect(10.0, 20.0, 30.0, 30.0);
    let mut moved = ClippedShape::new(whole, Shape::rect_filled(rect(1.0, 1.0, 5.0, 5.0), 0, RED));
    moved.transform_after_tessellation = TSTransform::new(vec2(20.0, 30.0), 2.0);
    let document = drawing(vec![
        ClippedShape::new(whole, Shape::circle_filled(pos2(20.0, 30.0), 5.0, RED)),
        ClippedShape::new(part, Shape::circle_filled(pos2(25.0, 30.0), 5.0, RED)),
        ClippedShape::new(part, Shape::circle_filled(pos2(35.0, 30.0), 5.0, RED)),
        ClippedShape::new(part, Shape::circle_filled(pos2(95.0, 30.0), 5.0, RED)),
        ClippedShape::new(rect(500.0, 0.0, 9.0, 9.0), Shape::circle_filled(pos2(505.0, 5.0), 5.0, RED)),
        moved,
    ])
    .document();
    let names = elements(&document);
    let count = |name: &str| names.iter().filter(|n| *n == name).count();
    assert_eq!((count("circle"), count("clipPath"), count("g")), (3, 2, 4), "{document}");
    assert!(document.contains("viewBox=\"10 20 100 50\""), "{document}");
    assert!(document.contains("<title>A &lt; B &amp; &quot;C&quot;</title>"), "{document}");
    assert!(document.contains("translate(20 30) scale(2)"), "{document}");
    let background = "<rect x=\"10\" y=\"20\" width=\"100\" height=\"50\" fill=\"#000000\"/>";
    assert!(document.find(background) < document.find("<circle"), "{document}");
    assert_eq!(elements(&drawing(Vec::new()).document()), ["svg", "title", "rect"]);
}
