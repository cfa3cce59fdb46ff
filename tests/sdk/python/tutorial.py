"""The vendor's tutorial with its Python SDK, against another address.

Only the base URL and the credentials differ from the published example. Arguments: a presentation. Environment:
SLIDES_BASE_URL, SLIDES_CLIENT_ID, SLIDES_CLIENT_SECRET.
"""

import os
import sys
import time
import unittest

from asposeslidescloud.apis.slides_api import SlidesApi
from asposeslidescloud.apis.slides_async_api import SlidesAsyncApi
from asposeslidescloud.configuration import Configuration
from asposeslidescloud.models import PdfExportOptions
from asposeslidescloud.rest import ApiException

DECK = sys.argv[1]
FOLDER = "SdkTests"
FINAL = ("Finished", "Failed", "Canceled")


def configuration(secret=None):
    settings = Configuration()
    settings.base_url = os.environ["SLIDES_BASE_URL"]
    settings.app_sid = os.environ["SLIDES_CLIENT_ID"]
    settings.app_key = os.environ["SLIDES_CLIENT_SECRET"] if secret is None else secret
    return settings


def deck():
    with open(DECK, "rb") as file:
        return file.read()


class Tutorial(unittest.TestCase):
    def setUp(self):
        self.slides = SlidesApi(configuration())
        self.background = SlidesAsyncApi(configuration())

    def wait(self, operation_id):
        """Polls until the operation has ended, as the tutorial does; a minute is far more than these decks need."""
        seen = []
        for _ in range(240):
            operation = self.background.get_operation_status(operation_id)
            if operation.status not in seen:
                seen.append(operation.status)
            if operation.status in FINAL:
                return operation
            time.sleep(0.25)
        self.fail("operation %s did not end: %s" % (operation_id, seen))

    def assert_pdf(self, path):
        with open(path, "rb") as file:
            content = file.read()
        self.assertEqual(content[:5], b"%PDF-")
        self.assertIn(b"%%EOF", content[-64:])
        self.assertGreater(len(content), 1000)

    def test_convert(self):
        operation_id = self.background.start_convert(deck(), "pdf")
        self.assertRegex(operation_id, r"^[0-9A-Za-z-]{8,64}$")
        operation = self.wait(operation_id)
        self.assertEqual((operation.status, operation.method), ("Finished", "Convert"), operation.error)
        self.assertIsNone(operation.error)
        self.assertEqual(operation.id, operation_id)
        self.assertGreaterEqual(operation.finished, operation.created)
        self.assert_pdf(self.background.get_operation_result(operation_id))

    def test_convert_with_options_and_chosen_slides(self):
        options = PdfExportOptions()
        options.jpeg_quality = 70
        operation_id = self.background.start_convert(deck(), "pdf", slides=[1], options=options)
        operation = self.wait(operation_id)
        self.assertEqual(operation.status, "Finished", operation.error)
        self.assert_pdf(self.background.get_operation_result(operation_id))

    def test_convert_into_the_storage(self):
        target = FOLDER + "/converted.pdf"
        self.slides.delete_file(target)
        operation = self.wait(self.background.start_convert_and_save(deck(), "pdf", target))
        self.assertEqual(operation.status, "Finished", operation.error)
        self.assertTrue(self.slides.object_exists(target).exists)
        self.assert_pdf(self.slides.download_file(target))

    def test_presentation_of_the_storage(self):
        uploaded = self.slides.upload_file(FOLDER + "/deck one.pptx", deck())
        self.assertEqual(uploaded.uploaded, ["deck one.pptx"])
        names = [entry.name for entry in self.slides.get_files_list(FOLDER).value]
        self.assertIn("deck one.pptx", names)
        operation_id = self.background.start_download_presentation("deck one.pptx", "pdf", folder=FOLDER)
        operation = self.wait(operation_id)
        self.assertEqual((operation.status, operation.method), ("Finished", "DownloadPresentation"), operation.error)
        self.assert_pdf(self.background.get_operation_result(operation_id))

    def test_presentation_that_does_not_exist(self):
        operation = self.wait(self.background.start_download_presentation("Nothing.pptx", "pdf", folder=FOLDER))
        self.assertEqual(operation.status, "Failed")
        self.assertEqual(operation.error.http_status_code, 404)
        self.assertTrue(operation.error.message)

    def test_body_that_is_no_presentation(self):
        try:
            operation = self.wait(self.background.start_convert(b"this is no presentation", "pdf"))
        except ApiException as error:
            self.assertEqual(error.status, 400)
            self.assertTrue(error.body)
        else:
            self.assertEqual(operation.status, "Failed")
            self.assertTrue(operation.error.message)

    def test_unknown_operation(self):
        with self.assertRaises(ApiException) as caught:
            self.background.get_operation_status("96b0a57c-d9ae-453f-b56f-3b154eb10cda")
        self.assertEqual(caught.exception.status, 404)
        self.assertIn("Operation does not exist", caught.exception.body)

    def test_wrong_credentials(self):
        stranger = SlidesApi(configuration(secret="wrong"))
        with self.assertRaises(ApiException) as caught:
            stranger.get_api_info()
        self.assertEqual(caught.exception.status, 401)

    def test_stale_token_is_replaced(self):
        settings = configuration()
        settings.access_token = "stale"
        info = SlidesApi(settings).get_api_info()
        self.assertTrue(info.name and info.version)
        self.assertNotEqual(settings.access_token, "stale")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
